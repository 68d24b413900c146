// simdjson's first stage for Swift, which finds the tokens of a line with the processor's best
// instructions, and a walk over them: C++ objects cannot be called from there.
// It knows no field names; the caller says which keys of a line it wants.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SJ_ABSENT = 0,
  SJ_NULL,
  SJ_FALSE,
  SJ_TRUE,
  SJ_NUMBER,   // text: the token as written
  SJ_STRING,   // text: unescaped UTF-8, valid until the next sj_extract
  SJ_ARRAY,    // its strings are items first ..< first + length
  SJ_OBJECT,
  SJ_INVALID,  // no JSON value, such as NaN
};

typedef struct {
  const char *text;
  uint32_t length;
  uint32_t first;
  uint32_t type;
} sj_value;

enum { SJ_OK = 0, SJ_NOT_JSON, SJ_NOT_OBJECT };

// The tree of wanted keys. It also remembers in which order lines have theirs.
typedef struct sj_fields sj_fields;
typedef struct sj_key sj_key;
sj_fields *sj_fields_new(void);
void sj_fields_free(sj_fields *fields);
// The line itself, in which keys stand.
sj_key *sj_fields_line(sj_fields *fields);
// The key below `parent`, made if it is not there.
sj_key *sj_fields_child(sj_fields *fields, sj_key *parent, const char *key, size_t length);
// What stands at `key` is wanted as slot `slot`.
void sj_fields_want(sj_key *key, uint32_t slot);

typedef struct sj_parser sj_parser;
sj_parser *sj_parser_new(void);
void sj_parser_free(sj_parser *parser);
// Reads one line, which has at least 64 readable bytes behind it, and sets the wanted slots; the
// rest of `slots`, which were zero before the first line and are always the same, is
// SJ_ABSENT. A key that stands twice: the last one counts.
int sj_extract(sj_parser *parser, sj_fields *fields, const char *line, size_t length,
               sj_value *slots);
// The strings of the arrays found by the last sj_extract.
const sj_value *sj_items(const sj_parser *parser);

#ifdef __cplusplus
}
#endif
