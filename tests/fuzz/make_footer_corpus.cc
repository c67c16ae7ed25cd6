// Writes the corpus of parquet_footer_fuzz: make_footer_corpus FOLDER FILE...
// The files are Parquet files whose footers are to be a part of it.
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "footer_corpus.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: make_footer_corpus FOLDER FILE...\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::vector<std::string> files;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (!file || files.back().empty()) {
      std::fprintf(stderr, "cannot read %s\n", argv[i]);
      return 1;
    }
  }
  std::filesystem::create_directories(folder);
  const auto corpus = tidemark::parquet_io::MakeFooterCorpus(files);
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    std::ofstream(folder / std::to_string(i), std::ios::binary) << corpus[i];
  }
  return 0;
}
