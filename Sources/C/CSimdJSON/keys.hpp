// The tree of keys that a walk over lines meets, and the order in which it met them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>

constexpr uint32_t no_slot = UINT32_MAX;

// The 8 bytes at `bytes`; lines have bytes enough behind them. The first one is the lowest.
inline uint64_t word(const uint8_t *bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  return word;
}

// A key that is wanted, or that has been met beside one.
struct sj_key {
  struct Table {
    sj_key *first[256] = {};  // by hash
    size_t learnt = 0;
  };

  static constexpr size_t words = 6;
  static constexpr size_t longest = 8 * words - 2;

  // The key in its quotes, and the bits of it that count. A longer one never agrees.
  uint64_t text[words] = {};
  uint64_t mask[words] = {};
  // Lines of one log have the same keys in the same order: what came first below this key the last
  // time, and what came behind it.
  sj_key *first = nullptr;
  sj_key *follower = nullptr;
  uint32_t slot = no_slot;
  // Of the object below it; null if nothing in there is wanted.
  std::unique_ptr<Table> table;
  std::string name;
  sj_key *next = nullptr;  // with the same hash

  explicit sj_key(std::string name);

  // Whether the key stands at `quote`. It looks at every byte that may belong to it, without a
  // branch.
  bool is_at(const uint8_t *quote) const {
    uint64_t differences = mask[0] == 0;
    for (size_t i = 0; i < words; ++i) differences |= (word(quote + 8 * i) ^ text[i]) & mask[i];
    return differences == 0;
  }

  // The key below this one; null if nothing is known of it.
  sj_key *child(const uint8_t *name, size_t size) const;
};

class Keys {
 public:
  Keys();
  sj_key &line() { return keys.front(); }

  // The key below `parent`, made if it is not there.
  sj_key *want(sj_key &parent, const char *name, size_t size);
  // Remembers a key that nobody wants, so that it is known when it comes again; null if it cannot
  // be. Clients choose some keys, so there is an end to it.
  sj_key *learn(sj_key &parent, const uint8_t *name, size_t size);

 private:
  std::deque<sj_key> keys;  // they stay where they are
};
