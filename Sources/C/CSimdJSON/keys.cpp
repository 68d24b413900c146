#include "keys.hpp"

namespace {
constexpr size_t most_learnt = 96;  // in one object

// Few bytes, well chosen: the names that loggers use differ in length, ends or middle.
inline uint8_t hash(const uint8_t *key, size_t size) {
  if (size == 0) return 0;
  return uint8_t(size * 29 + key[0] * 7 + key[size / 2] * 3 + key[size - 1]);
}
}  // namespace

sj_key::sj_key(std::string key) : name(std::move(key)) {
  if (name.size() > longest) return;
  const std::string quoted = '"' + name + '"';
  const std::string bits(quoted.size(), '\xFF');
  std::memcpy(text, quoted.data(), quoted.size());
  std::memcpy(mask, bits.data(), bits.size());
}

sj_key *sj_key::child(const uint8_t *wanted, size_t size) const {
  sj_key *key = table->first[hash(wanted, size)];
  while (key && (key->name.size() != size || std::memcmp(key->name.data(), wanted, size) != 0))
    key = key->next;
  return key;
}

Keys::Keys() { keys.emplace_back("").table = std::make_unique<sj_key::Table>(); }

sj_key *Keys::want(sj_key &parent, const char *name, size_t size) {
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(name);
  if (!parent.table) parent.table = std::make_unique<sj_key::Table>();
  if (sj_key *known = parent.child(bytes, size)) return known;
  sj_key *&first = parent.table->first[hash(bytes, size)];
  sj_key &made = keys.emplace_back(std::string(name, size));
  made.next = first;
  return first = &made;
}

sj_key *Keys::learn(sj_key &parent, const uint8_t *name, size_t size) {
  if (size > sj_key::longest || parent.table->learnt == most_learnt) return nullptr;
  ++parent.table->learnt;
  // Behind the wanted ones.
  sj_key **place = &parent.table->first[hash(name, size)];
  while (*place) place = &(*place)->next;
  return *place = &keys.emplace_back(std::string(reinterpret_cast<const char *>(name), size));
}
