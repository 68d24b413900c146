// The least that can be done: simdjson's on-demand parser takes out of each line what six families
// need, and counts it in memory. No checks, no identities, no ledger.
//
//   simd_limit FILE      reads a mebibyte at a time, prints the sums
#include <simdjson.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

using namespace simdjson;

static const double bounds[] = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60};

struct Histogram {
  uint64_t counts[9] = {};
  double sum = 0;
};

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

template <class Value>
using Table = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

static Table<uint64_t> requests, tokens, fallbacks;
static Table<double> cost, health;
static Table<Histogram> durations;
static uint64_t lines = 0, bad = 0;

template <class Value>
static Value &at(Table<Value> &table, std::initializer_list<std::string_view> labels) {
  static std::string key;
  key.clear();
  for (auto label : labels) key.append(label).push_back('|');
  auto found = table.find(std::string_view(key));
  if (found == table.end()) found = table.emplace(key, Value{}).first;
  return found->second;
}

// The document is walked in the order of its keys and left after the last one that is needed.
static void count(const char *text, size_t length, size_t room) {
  static ondemand::parser parser;
  ++lines;
  try {
    auto document = parser.iterate(padded_string_view(text, length, room));
    auto line = document.get_object();
    std::string_view status = line["status"], provider = line["custom_llm_provider"];
    double start = line["startTime"].get_double(), end = line["endTime"].get_double();
    std::string_view model = line["model"], level = "none", primary, reason;
    ondemand::object meta = line["metadata"]["requester_metadata"].get_object();
    for (auto field : meta) {
      ondemand::raw_json_string key = field.key();
      if (key.unsafe_is_equal("power_level")) level = field.value().get_string();
      else if (key.unsafe_is_equal("primary_provider")) primary = field.value().get_string();
      else if (key.unsafe_is_equal("fallback_reason")) reason = field.value().get_string();
    }
    double dollars = line["response_cost"].get_double();
    uint64_t input = line["prompt_tokens"].get_uint64();
    uint64_t output = line["completion_tokens"].get_uint64();
    at(requests, {provider, model, level, status})++;
    at(tokens, {provider, model, "input"}) += input;
    at(tokens, {provider, model, "output"}) += output;
    at(cost, {provider, model, level}) += dollars;
    Histogram &histogram = at(durations, {provider, model});
    int bucket = 0;
    while (bucket < 8 && end - start > bounds[bucket]) ++bucket;
    histogram.counts[bucket]++;
    histogram.sum += end - start;
    if (!primary.empty()) at(fallbacks, {primary, provider, reason})++;
    at(health, {provider}) = status == "success";
  } catch (const simdjson_error &) {
    ++bad;
  }
}

int main(int argc, char **argv) {
  const size_t window = 1 << 20;
  const int file = argc > 1 ? open(argv[1], O_RDONLY) : -1;
  if (file < 0) return 1;
  std::unique_ptr<char[]> buffer(new char[window + SIMDJSON_PADDING]);
  size_t have = 0;
  ssize_t got;
  while ((got = read(file, buffer.get() + have, window - have)) > 0) {
    have += got;
    char *line = buffer.get(), *const limit = line + have;
    while (char *end = static_cast<char *>(std::memchr(line, '\n', limit - line))) {
      count(line, end - line, buffer.get() + window + SIMDJSON_PADDING - line);
      line = end + 1;
    }
    have = limit - line;
    std::memmove(buffer.get(), line, have);
  }
  for (auto &[key, value] : requests) std::printf("requests|%s %lu\n", key.c_str(), value);
  for (auto &[key, value] : tokens) std::printf("tokens|%s %lu\n", key.c_str(), value);
  for (auto &[key, value] : cost) std::printf("cost|%s %.12g\n", key.c_str(), value);
  for (auto &[key, value] : fallbacks) std::printf("fallbacks|%s %lu\n", key.c_str(), value);
  for (auto &[key, value] : durations) std::printf("sum|%s %.9g\n", key.c_str(), value.sum);
  std::fprintf(stderr, "%lu lines, %lu bad\n", lines, bad);
}
