#include "CSimdJSON.h"

#include <cstring>
#include <memory>
#include <simdjson.h>
#include <string_view>
#include <vector>

#include "keys.hpp"

using namespace simdjson;

namespace {
constexpr uint32_t max_items = 64;
// No wanted path is as deep; what is not wanted is skipped without recursion.
constexpr size_t max_depth = 1024;

// Looks at 8 bytes at a time, and so at up to 7 behind, which every line has.
inline bool has_backslash(const uint8_t *bytes, size_t size) {
  const uint64_t ones = 0x0101010101010101;
  for (size_t i = 0; i < size; i += 8) {
    uint64_t differences = word(bytes + i) ^ (ones * '\\');
    if (size - i < 8) differences |= ~uint64_t(0) << (size - i) * 8;
    if ((differences - ones) & ~differences & (ones << 7)) return true;
  }
  return false;
}

// What a character is that begins a token.
enum class Token : uint8_t { other, scalar, open };

struct Tokens {
  Token kinds[256] = {};
  constexpr Tokens() {
    for (Token &kind : kinds) kind = Token::scalar;
    for (char mark : {'\0', '}', ']', ',', ':'}) kinds[uint8_t(mark)] = Token::other;
    for (char mark : {'{', '['}) kinds[uint8_t(mark)] = Token::open;
  }
};
constexpr Tokens tokens;
}  // namespace

struct sj_fields {
  Keys keys;
};

struct sj_parser {
  std::unique_ptr<internal::dom_parser_implementation> stages;
  std::vector<uint8_t> strings;
  std::vector<sj_value> items;
  std::vector<uint32_t> used;  // slots that the last line set

  bool reserve(size_t length) {
    if (stages && stages->capacity() >= length) return true;
    strings.resize(length + length / 2 + SIMDJSON_PADDING);
    return get_active_implementation()->create_dom_parser_implementation(
               length + length / 2, max_depth, stages) == SUCCESS;
  }
};

namespace {
struct malformed {};

// A place among the tokens that simdjson's first stage has found: brackets, commas, colons and the
// begins of strings and scalars, outside of strings. Small enough to stay in registers.
struct Cursor {
  const uint8_t *line;
  const uint32_t *next;  // the next token's place
  const uint32_t *end;   // behind the last token; a sentinel follows, the line's length

  uint8_t peek() const { return next < end ? line[*next] : 0; }

  void expect(uint8_t character) {
    if (peek() != character) throw malformed();
    ++next;
  }

  // Brackets are only counted; the first stage has seen that strings are closed.
  void skip() {
    const Token first = tokens.kinds[peek()];
    if (first == Token::other) throw malformed();
    ++next;
    for (size_t depth = first == Token::open; depth > 0; ++next) {
      if (next >= end) throw malformed();
      const uint8_t character = line[*next] | 0x20;  // [ and {, ] and } differ in this bit
      depth += size_t(character == '{') - size_t(character == '}');
    }
  }
};

// Goes from token to token. On what is not wanted it spends no more than its brackets.
struct Walk : Cursor {
  sj_parser &parser;
  Keys &keys;
  sj_value *slots;
  uint8_t *text;  // room for the next unescaped string

  void put(uint32_t slot, sj_value value) {
    if (slots[slot].type == SJ_ABSENT) parser.used.push_back(slot);
    slots[slot] = value;
  }

  // Clients may send half of a surrogate pair, which is valid JSON and no text: such a string is
  // taken as written, escapes and all, so that it cannot hide its line.
  std::string_view string() {
    if (const uint8_t *behind = unescaped()) {
      const std::string_view result{reinterpret_cast<char *>(text), size_t(behind - text)};
      text += result.size();
      ++next;
      return result;
    }
    const std::string_view written = scalar();
    if (written.size() < 2 || written.back() != '"') throw malformed();
    return written.substr(1, written.size() - 2);
  }

  // Puts the string at the next token to `text`; null if its escapes are wrong.
  const uint8_t *unescaped() { return parser.stages->parse_string(line + *next + 1, text); }

  void strings(uint32_t slot) {
    const uint32_t first = uint32_t(parser.items.size());
    uint32_t count = 0;
    expect('[');
    if (peek() == ']') {
      ++next;
    } else {
      while (true) {
        if (peek() == '"' && count < max_items) {
          const std::string_view item = string();
          parser.items.push_back({item.data(), uint32_t(item.size()), 0, SJ_STRING});
          ++count;
        } else {
          skip();
        }
        if (peek() == ']') break;
        expect(',');
      }
      ++next;
    }
    put(slot, {nullptr, count, first, SJ_ARRAY});
  }

  // The token's text: up to the next one, without the white space between.
  std::string_view scalar() {
    const uint8_t *begin = line + *next, *behind = line + next[1];
    while (behind > begin && behind[-1] <= ' ') --behind;
    ++next;
    return {reinterpret_cast<const char *>(begin), size_t(behind - begin)};
  }

  void literal(uint32_t slot, uint32_t type, std::string_view expected) {
    put(slot, {nullptr, 0, 0, scalar() == expected ? type : uint32_t(SJ_INVALID)});
  }

  // Whether the line begins like a value other than an object.
  bool is_value() {
    switch (peek()) {
      case '[': case '"': case '-': case '0': case '1': case '2': case '3': case '4': case '5':
      case '6': case '7': case '8': case '9': return true;
      case 'n': return scalar() == "null" && next == end;
      case 't': return scalar() == "true" && next == end;
      case 'f': return scalar() == "false" && next == end;
      default: return false;
    }
  }

  void leaf(uint32_t slot) {
    switch (peek()) {
      case '"': {
        const std::string_view value = string();
        return put(slot, {value.data(), uint32_t(value.size()), 0, SJ_STRING});
      }
      case '[': return strings(slot);
      case '{':
        put(slot, {nullptr, 0, 0, SJ_OBJECT});
        return skip();
      case 'n': return literal(slot, SJ_NULL, "null");
      case 't': return literal(slot, SJ_TRUE, "true");
      case 'f': return literal(slot, SJ_FALSE, "false");
      case '-': case '0': case '1': case '2': case '3': case '4':
      case '5': case '6': case '7': case '8': case '9': {
        const std::string_view value = scalar();
        return put(slot, {value.data(), uint32_t(value.size()), 0, SJ_NUMBER});
      }
      default:
        put(slot, {nullptr, 0, 0, SJ_INVALID});
        return skip();
    }
  }

  // The key of `parent` at the next token, which ends before the last quote in front of the colon;
  // null if nobody wants it and it cannot be remembered.
  sj_key *find(sj_key &parent) {
    if (peek() != '"' || next + 1 >= end || line[next[1]] != ':') throw malformed();
    const uint8_t *begin = line + *next + 1, *behind = line + next[1];
    while (*--behind != '"') {}
    const size_t size = size_t(behind - begin);
    if (sj_key *known = parent.child(begin, size)) return known;
    if (!has_backslash(begin, size)) return keys.learn(parent, begin, size);
    const uint8_t *end = unescaped();
    return end ? parent.child(text, size_t(end - text)) : nullptr;
  }

  void object(sj_key &parent) {
    Cursor at = *this;
    at.expect('{');
    sj_key *unknown = nullptr;
    sj_key **expected = &parent.first;
    while (at.peek() != '}') {
      if (expected != &parent.first) at.expect(',');
      // Whatever comes is expected next time.
      sj_key *found = *expected;
      if (!(found && at.next + 1 < at.end && found->is_at(line + *at.next)
            && line[at.next[1]] == ':')) {
        next = at.next;
        *expected = found = find(parent);
      }
      at.next += 2;
      if (!found || (found->slot == no_slot && !found->table)) {
        at.skip();
      } else {
        next = at.next;
        value(*found);
        at.next = next;
      }
      expected = found ? &found->follower : &(unknown = nullptr);
    }
    next = at.next + 1;
  }

  void value(sj_key &key) {
    if (key.table && peek() == '{') {
      if (key.slot != no_slot) put(key.slot, {nullptr, 0, 0, SJ_OBJECT});
      object(key);
    } else if (key.slot != no_slot) {
      leaf(key.slot);
    } else {
      skip();
    }
  }
};
}  // namespace

sj_fields *sj_fields_new(void) { return new sj_fields; }
void sj_fields_free(sj_fields *fields) { delete fields; }

sj_key *sj_fields_line(sj_fields *fields) { return &fields->keys.line(); }

sj_key *sj_fields_child(sj_fields *fields, sj_key *parent, const char *key, size_t length) {
  return fields->keys.want(*parent, key, length);
}

void sj_fields_want(sj_key *key, uint32_t slot) { key->slot = slot; }

sj_parser *sj_parser_new(void) { return new sj_parser; }
void sj_parser_free(sj_parser *parser) { delete parser; }

int sj_extract(sj_parser *parser, sj_fields *fields, const char *line, size_t length,
               sj_value *slots) {
  // Few of the slots are used by any line, so clearing all would cost more.
  for (uint32_t slot : parser->used) slots[slot] = {};
  parser->used.clear();
  parser->items.clear();
  if (length >= 3 && std::memcmp(line, "\xEF\xBB\xBF", 3) == 0) {  // a byte order mark
    line += 3;
    length -= 3;
  }
  try {
    const uint8_t *bytes = reinterpret_cast<const uint8_t *>(line);
    if (!parser->reserve(length)) return SJ_NOT_JSON;
    internal::dom_parser_implementation &stages = *parser->stages;
    if (stages.stage1(bytes, length, stage1_mode::regular) != SUCCESS) return SJ_NOT_JSON;
    const uint32_t *tokens = stages.structural_indexes.get();
    const uint32_t *end = tokens + stages.n_structural_indexes;
    Walk walk{{bytes, tokens, end}, *parser, fields->keys, slots, parser->strings.data()};
    if (walk.peek() != '{') return walk.is_value() ? SJ_NOT_OBJECT : SJ_NOT_JSON;
    walk.object(fields->keys.line());
    return walk.next == end ? SJ_OK : SJ_NOT_JSON;
  } catch (const malformed &) {
    return SJ_NOT_JSON;
  } catch (const std::bad_alloc &) {
    return SJ_NOT_JSON;
  }
}

const sj_value *sj_items(const sj_parser *parser) { return parser->items.data(); }
