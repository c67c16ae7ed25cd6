#include "amp_rows.h"

#include <cctype>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tidemark::conformance {
namespace {

// Reads one statement of a dump, from its first letter to its semicolon.
class StatementParser {
 public:
  StatementParser(std::string_view text, std::size_t at) : text_(text), begin_(at), at_(at) {}

  AmpRow ParseInsert() {
    AmpRow row;
    Expect("INSERT INTO public.");
    row.table = Word();
    Expect(" (");
    do row.columns.push_back(Word());
    while (Skip(", "));
    Expect(")");
    Skip(" OVERRIDING SYSTEM VALUE");
    Expect(" VALUES (");
    do row.values.push_back(Value());
    while (Skip(", "));
    Expect(");");
    if (row.columns.size() != row.values.size()) Fail("as many values as columns");
    row.sql = text_.substr(begin_, at_ - begin_);
    return row;
  }

  std::size_t at() const { return at_; }

 private:
  [[noreturn]] void Fail(std::string_view expected) const {
    throw std::runtime_error("expected " + std::string(expected) +
                             " before: " + std::string(text_.substr(at_, 80)));
  }

  bool Skip(std::string_view words) {
    if (!text_.substr(at_).starts_with(words)) return false;
    at_ += words.size();
    return true;
  }

  void Expect(std::string_view words) {
    if (!Skip(words)) Fail(words);
  }

  std::string Word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '_' || text_[at_] == '-')) {
      ++at_;
    }
    if (at_ == start) Fail("a word");
    return std::string(text_.substr(start, at_ - start));
  }

  std::optional<std::string> Value() {
    if (Skip("NULL")) return std::nullopt;
    if (!Skip("'")) return Word();
    std::string value;
    while (at_ < text_.size()) {
      if (Skip("''")) {
        value.push_back('\'');
      } else if (Skip("'")) {
        return value;
      } else {
        value.push_back(text_[at_++]);
      }
    }
    Fail("the end of a text");
  }

  std::string_view text_;
  std::size_t begin_;
  std::size_t at_;
};

}  // namespace

std::optional<std::string> AmpRow::Get(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == column) return values[i];
  }
  return std::nullopt;
}

std::int64_t AmpRow::Number(std::string_view column) const {
  return std::stoll(Get(column).value());
}

std::vector<AmpRow> ReadAmpRows(const std::filesystem::path& file) {
  std::ifstream stream(file);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  if (text.empty()) throw std::runtime_error("cannot read " + file.string());
  std::vector<AmpRow> rows;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    // Of the other statements of a dump none makes rows.
    if (rest.starts_with("--") || rest.starts_with("set ") || rest.starts_with("SELECT ") ||
        rest.starts_with('\n')) {
      at = text.find('\n', at);
      at = at == std::string::npos ? text.size() : at + 1;
      continue;
    }
    StatementParser parser(text, at);
    rows.push_back(parser.ParseInsert());
    at = parser.at();
  }
  return rows;
}

}  // namespace tidemark::conformance
