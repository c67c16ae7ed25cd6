// Ends of files that lead a fuzzer, and a test that mutates them, into every branch of the footer's
// reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::parquet_io {

/// The file that the corpus is about.
inline constexpr std::string_view kCorpusPath = "t/000000007-0123456789abcdef.parquet";

/// `real_files`: whole files, whose footers are a part of it.
std::vector<std::string> MakeFooterCorpus(const std::vector<std::string>& real_files);

}  // namespace tidemark::parquet_io
