#include "CSimdJSON.h"

#include <cstring>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

using namespace simdjson;

namespace {
constexpr uint32_t none = UINT32_MAX;
constexpr uint32_t max_items = 64;

struct Node {
  std::string key;
  uint32_t slot = none;
  bool has_children = false;
  uint32_t next = none;  // with the same hash
  uint32_t table[64];    // children by hash
  Node() { std::fill(std::begin(table), std::end(table), none); }
};

inline uint32_t hash(std::string_view key) {
  if (key.empty()) return 0;
  return (uint32_t(key.size()) * 7 + uint8_t(key.front()) * 3 + uint8_t(key.back())) & 63;
}
}  // namespace

struct sj_fields {
  std::vector<Node> nodes{1};

  uint32_t find(const Node &node, std::string_view key) const {
    for (uint32_t i = node.table[hash(key)]; i != none; i = nodes[i].next)
      if (nodes[i].key == key) return i;
    return none;
  }
};

struct sj_parser {
  ondemand::parser parser;
  std::vector<sj_value> items;
};

namespace {
// The key without its quotes: it ends before the last quote in front of the value, which is found
// from the value's side because simdjson knows where that starts.
inline std::string_view raw_key(ondemand::field &field) {
  const char *start = field.key().raw();
  const char *end = field.value().raw_json_token().data();
  while (end > start && *--end != '"') {}
  return {start, size_t(end - start)};
}

inline std::string_view trimmed(std::string_view token) {
  while (!token.empty() && uint8_t(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

struct Walk {
  sj_parser &parser;
  const sj_fields &fields;
  sj_value *slots;

  void set(uint32_t slot, uint32_t type, std::string_view text = {}, uint32_t first = 0) {
    slots[slot] = {text.data(), uint32_t(text.size()), first, type};
  }

  // Clients may send half of a surrogate pair, which is valid JSON and no text: such a string is
  // taken as written, escapes and all, so that it cannot hide its line.
  static std::string_view text(ondemand::value value) {
    std::string_view written = trimmed(value.raw_json_token());
    std::string_view text;
    const error_code error = value.get_string().get(text);
    if (error == SUCCESS) return text;
    if (error != STRING_ERROR || written.size() < 2) throw simdjson_error(error);
    return written.substr(1, written.size() - 2);
  }

  void strings(ondemand::value value, uint32_t slot) {
    const uint32_t first = uint32_t(parser.items.size());
    uint32_t count = 0;
    for (ondemand::value element : ondemand::array(value.get_array())) {
      if (element.raw_json_token()[0] != '"' || count == max_items) continue;
      const std::string_view found = text(element);
      parser.items.push_back({found.data(), uint32_t(found.size()), 0, SJ_STRING});
      ++count;
    }
    slots[slot] = {nullptr, count, first, SJ_ARRAY};
  }

  void leaf(ondemand::value value, uint32_t slot) {
    const std::string_view token = value.raw_json_token();
    switch (token[0]) {
      case '"': return set(slot, SJ_STRING, text(value));
      case '[': return strings(value, slot);
      case '{': return set(slot, SJ_OBJECT);
      case 'n': return set(slot, trimmed(token) == "null" ? SJ_NULL : SJ_INVALID);
      case 't': return set(slot, trimmed(token) == "true" ? SJ_TRUE : SJ_INVALID);
      case 'f': return set(slot, trimmed(token) == "false" ? SJ_FALSE : SJ_INVALID);
      case '-': case '0': case '1': case '2': case '3': case '4':
      case '5': case '6': case '7': case '8': case '9':
        return set(slot, SJ_NUMBER, trimmed(token));
      default: return set(slot, SJ_INVALID);
    }
  }

  void object(ondemand::object object, const Node &node) {
    for (ondemand::field field : object) {
      std::string_view key = raw_key(field);
      if (key.find('\\') != std::string_view::npos && field.unescaped_key().get(key)) continue;
      const uint32_t child = fields.find(node, key);
      if (child == none) continue;
      const Node &wanted = fields.nodes[child];
      ondemand::value value = field.value();
      if (wanted.has_children && value.raw_json_token()[0] == '{') {
        if (wanted.slot != none) set(wanted.slot, SJ_OBJECT);
        this->object(value.get_object(), wanted);
      } else if (wanted.slot != none) {
        leaf(value, wanted.slot);
      }
    }
  }
};
}  // namespace

sj_fields *sj_fields_new(void) { return new sj_fields; }
void sj_fields_free(sj_fields *fields) { delete fields; }

uint32_t sj_fields_child(sj_fields *fields, uint32_t parent, const char *key, size_t length) {
  const std::string_view name(key, length);
  const uint32_t known = fields->find(fields->nodes[parent], name);
  if (known != none) return known;
  const uint32_t made = uint32_t(fields->nodes.size());
  fields->nodes.emplace_back();
  fields->nodes[made].key = name;
  uint32_t &head = fields->nodes[parent].table[hash(name)];
  fields->nodes[made].next = head;
  head = made;
  fields->nodes[parent].has_children = true;
  return made;
}

void sj_fields_want(sj_fields *fields, uint32_t node, uint32_t slot) {
  fields->nodes[node].slot = slot;
}

sj_parser *sj_parser_new(void) { return new sj_parser; }
void sj_parser_free(sj_parser *parser) { delete parser; }

int sj_extract(sj_parser *parser, const sj_fields *fields, const char *line, size_t length,
               size_t padding, sj_value *slots, uint32_t slot_count) {
  std::memset(static_cast<void *>(slots), 0, sizeof(sj_value) * slot_count);
  parser->items.clear();
  if (length >= 3 && std::memcmp(line, "\xEF\xBB\xBF", 3) == 0) {  // a byte order mark
    line += 3;
    length -= 3;
  }
  try {
    ondemand::document document =
        parser->parser.iterate(padded_string_view(line, length, length + padding));
    const ondemand::json_type type = document.type();
    if (type == ondemand::json_type::null && !document.is_null()) return SJ_NOT_JSON;
    if (type == ondemand::json_type::boolean && document.get_bool().error()) return SJ_NOT_JSON;
    if (type != ondemand::json_type::object) return SJ_NOT_OBJECT;
    Walk{*parser, *fields, slots}.object(document.get_object(), fields->nodes[0]);
    const bool at_end = document.current_location().error() == OUT_OF_BOUNDS;
    return at_end ? SJ_OK : SJ_NOT_JSON;
  } catch (const simdjson_error &) {
    return SJ_NOT_JSON;
  } catch (const std::bad_alloc &) {
    return SJ_NOT_JSON;
  }
}

const sj_value *sj_items(const sj_parser *parser) { return parser->items.data(); }
