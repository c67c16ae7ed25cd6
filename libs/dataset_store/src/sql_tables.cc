#include "sql_tables.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace tidemark::dataset_store {
namespace {

// Letters and digits of ASCII alone: the locale must not decide what a table depends on.
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool StartsIdentifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool ContinuesIdentifier(char c) { return StartsIdentifier(c) || IsDigit(c) || c == '$'; }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ToLower, ToLower);
}

struct Token {
  enum class Kind : std::uint8_t { kIdentifier, kOther };
  Kind kind = Kind::kOther;
  SqlIdentifier identifier;  // Of an identifier.
  char symbol = ' ';         // Of anything else; a blank for strings and numbers.

  bool Is(char c) const { return kind == Kind::kOther && symbol == c; }
  bool IsIdentifier() const { return kind == Kind::kIdentifier; }
  bool IsWord(std::string_view word) const {
    return IsIdentifier() && !identifier.is_quoted && EqualIgnoringCase(identifier.text, word);
  }
};

/// Cuts SQL into tokens, without the blanks and comments between them.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : rest_(sql) {}

  std::optional<Token> Next() {
    SkipBlanksAndComments();
    if (rest_.empty()) return std::nullopt;
    const char c = rest_.front();
    if (c == '"' || c == '`') return Identifier(TakeQuoted(c), true);
    if (c == '\'') {
      SkipString();
      return Token{};
    }
    if (c == '$' && SkipDollarString()) return Token{};
    if (StartsIdentifier(c)) return TakeWord();
    if (IsDigit(c)) {
      SkipNumber();
      return Token{};
    }
    rest_.remove_prefix(1);
    return Token{.kind = Token::Kind::kOther, .identifier = {}, .symbol = c};
  }

 private:
  static Token Identifier(std::string text, bool is_quoted) {
    return {.kind = Token::Kind::kIdentifier,
            .identifier = {.text = std::move(text), .is_quoted = is_quoted}};
  }

  void SkipTo(std::size_t position) { rest_.remove_prefix(std::min(position, rest_.size())); }

  void SkipBlanksAndComments() {
    while (!rest_.empty()) {
      if (rest_.starts_with("--")) {
        SkipTo(rest_.find('\n'));
      } else if (rest_.starts_with("/*")) {
        SkipBlockComment();
      } else if (std::string_view(" \t\n\r\f\v").contains(rest_.front())) {
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }

  // Comments nest.
  void SkipBlockComment() {
    std::size_t depth = 0;
    do {
      if (rest_.starts_with("/*")) {
        ++depth;
        rest_.remove_prefix(2);
      } else if (rest_.starts_with("*/")) {
        --depth;
        rest_.remove_prefix(2);
      } else {
        rest_.remove_prefix(1);
      }
    } while (depth > 0 && !rest_.empty());
  }

  /// The text between quotes, which are doubled inside.
  std::string TakeQuoted(char quote) {
    std::string text;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) {
        if (!rest_.starts_with(quote)) break;
        rest_.remove_prefix(1);
      }
      text.push_back(c);
    }
    return text;
  }

  void SkipString() { TakeQuoted('\''); }

  // E'it\'s'
  void SkipEscapedString() {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\') {
        SkipTo(1);
      } else if (c == '\'') {
        return;
      }
    }
  }

  // $$text$$ or $tag$text$tag$; $1 is a parameter.
  bool SkipDollarString() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '$' && ContinuesIdentifier(rest_[end])) ++end;
    if (end >= rest_.size() || rest_[end] != '$' || IsDigit(rest_[1])) return false;
    const std::string_view tag = rest_.substr(0, end + 1);
    rest_.remove_prefix(tag.size());
    const std::size_t closing = rest_.find(tag);
    SkipTo(closing == std::string_view::npos ? closing : closing + tag.size());
    return true;
  }

  Token TakeWord() {
    const auto* const end = std::ranges::find_if_not(rest_, ContinuesIdentifier);
    std::string word(rest_.begin(), end);
    rest_.remove_prefix(word.size());
    if (rest_.starts_with('\'') && EqualIgnoringCase(word, "e")) {
      SkipEscapedString();
      return Token{};
    }
    return Identifier(std::move(word), false);
  }

  // 12, 1.5, 1e9, 0xFF. A point belongs to it only before a digit.
  void SkipNumber() {
    std::size_t end = 1;
    while (end < rest_.size()) {
      const bool is_point = rest_[end] == '.' && end + 1 < rest_.size() && IsDigit(rest_[end + 1]);
      if (!is_point && !ContinuesIdentifier(rest_[end])) break;
      ++end;
    }
    rest_.remove_prefix(end);
  }

  std::string_view rest_;
};

}  // namespace

bool SqlIdentifier::Means(std::string_view name) const {
  return text == name || (!is_quoted && EqualIgnoringCase(text, name));
}

std::vector<SqlTableName> FindTableNames(std::string_view sql) {
  std::vector<Token> tokens;
  Tokenizer tokenizer(sql);
  while (auto token = tokenizer.Next()) tokens.push_back(*std::move(token));

  std::vector<SqlTableName> found;
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (!tokens[i].IsIdentifier() || !tokens[i + 1].Is('.') || !tokens[i + 2].IsIdentifier()) {
      continue;
    }
    // The middle of a longer name, or a call of a function.
    if (i > 0 && tokens[i - 1].Is('.')) continue;
    if (i + 3 < tokens.size() && tokens[i + 3].Is('(')) continue;
    found.push_back(
        {.qualifier = tokens[i].identifier,
         .name = tokens[i + 2].identifier,
         .is_read_from = i > 0 && (tokens[i - 1].IsWord("from") || tokens[i - 1].IsWord("join"))});
  }
  return found;
}

}  // namespace tidemark::dataset_store
