#include "CSimdJSON.h"

#include <simdjson.h>
#include <string_view>
#include <vector>

using namespace simdjson;

struct sj_splitter {
  ondemand::parser parser;
  std::vector<sj_range> elements;
};

namespace {
inline std::string_view trimmed(std::string_view token) {
  while (!token.empty() && uint8_t(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

inline bool at_end(ondemand::document &document) {
  return document.current_location().error() == OUT_OF_BOUNDS;
}

// All of an element, skipped over but not built.
inline std::string_view raw(ondemand::value value) {
  switch (value.raw_json_token()[0]) {
    case '{': return trimmed(ondemand::object(value.get_object()).raw_json().value());
    case '[': return trimmed(ondemand::array(value.get_array()).raw_json().value());
    default: return trimmed(value.raw_json_token());
  }
}
}  // namespace

sj_splitter *sj_splitter_new(void) { return new sj_splitter; }
void sj_splitter_free(sj_splitter *splitter) { delete splitter; }

int sj_split(sj_splitter *splitter, const char *json, size_t length, size_t padding,
             size_t max_elements) {
  splitter->elements.clear();
  try {
    ondemand::document document =
        splitter->parser.iterate(padded_string_view(json, length, length + padding));
    if (document.type() == ondemand::json_type::object) {
      // Field by field: skipping the whole would not notice that it is not closed.
      for (ondemand::field field : ondemand::object(document.get_object())) (void)field;
      return at_end(document) ? SJ_NOT_ARRAY : SJ_NOT_JSON;
    }
    if (document.type() != ondemand::json_type::array) return SJ_NOT_JSON;
    for (ondemand::value element : ondemand::array(document.get_array())) {
      if (splitter->elements.size() == max_elements) return SJ_TOO_MANY;
      const std::string_view text = raw(element);
      splitter->elements.push_back({size_t(text.data() - json), text.size()});
    }
    return at_end(document) ? SJ_OK : SJ_NOT_JSON;
  } catch (const simdjson_error &) {
    return SJ_NOT_JSON;
  } catch (const std::bad_alloc &) {
    return SJ_NOT_JSON;
  }
}

const sj_range *sj_elements(const sj_splitter *splitter, size_t *count) {
  *count = splitter->elements.size();
  return splitter->elements.data();
}
