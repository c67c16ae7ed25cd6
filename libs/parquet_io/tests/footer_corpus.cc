#include "footer_corpus.h"

#include <algorithm>

#include "footer_builder.h"

namespace tidemark::parquet_io {

std::vector<std::string> MakeFooterCorpus(const std::vector<std::string>& real_files) {
  const std::string name(kCorpusPath.substr(kCorpusPath.rfind('/') + 1));
  const std::string json = SegmentJson("blocks", name, 7, 9);
  const std::string keys = PrintKeys({{"nozzle_metadata", json}});
  std::vector<std::string> corpus = {
      "", "PAR1", FileWith(json), FileWith("{}"), FileWith(""),
      WithTrailer(PrintBlock(
          {.keys = PrintKeys(
               {{"nozzle_metadata", json}, {"parent_file_ids", "[1, 2]"}, {"generation", "3"}})})),
      WithTrailer(PrintBlock({.keys = keys + "\x28" + Binary("created by")})),
      // One row group of one column with an offset and a column index, and a bloom filter before.
      WithTrailer(
          PrintBlock({.num_rows = "\x16" + ZigZag(2),
                      .row_groups = "\x19" + StructList(1) + "\x19" + StructList(1) + "\x26" +
                                    ZigZag(4) + "\x1C" + std::string("\x15\x02\0", 3) + "\x16" +
                                    ZigZag(70) + "\x15" + ZigZag(8) + "\x16" + ZigZag(90) + "\x15" +
                                    ZigZag(9) + std::string(1, '\0') + "\x16" + ZigZag(80) +
                                    "\x16" + ZigZag(2) + std::string(1, '\0'),
                      .keys = keys})),
      // A field with a long header, a map, a set, truth values, a double, a UUID.
      WithTrailer(PrintBlock({.keys = keys + "\x08" + ZigZag(300) + Binary("far"),
                              .end = "\x1B" + Varint(1) + "\x88" + Binary("k") + Binary("v") +
                                     "\x1A\x11\x01\x11\x12\x17" + std::string(8, 'd') + "\x1D" +
                                     std::string(16, 'u') + std::string(1, '\0')})),
      WithTrailer(std::string(200, '\x1C')), WithTrailer("\x19\xFC\xFF\xFF\xFF\xFF\x0F"),
      std::string(4, '\xFF') + "PAR1", "PAR1" + LittleEndian32(100) + "PARE"};
  for (const std::string& file : real_files) {
    corpus.push_back(file.substr(file.size() - std::min<std::size_t>(file.size(), 16'384)));
  }
  return corpus;
}

}  // namespace tidemark::parquet_io
