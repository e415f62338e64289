// Key material: in memory that is locked against swapping and left out of dumps, and wiped when it goes.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sabun {

// A copy of secret bytes. They are in OpenSSL's secure heap when LockProcess made one and it has room, and in ordinary
// memory otherwise; wiped in both, every copy. Not thread safe while it is changed; view() is.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(absl::string_view secret);
  // Takes the bytes over and wipes `*secret`.
  static SecretBytes TakeFrom(std::string* secret);
  SecretBytes(const SecretBytes& other) : SecretBytes(other.view()) {}
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes other) noexcept;
  ~SecretBytes();

  absl::string_view view() const { return {bytes_, size_}; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // In a time that does not tell where they differ.
  friend bool operator==(const SecretBytes& a, const SecretBytes& b);

 private:
  char* bytes_ = nullptr;
  size_t size_ = 0;
};

// Overwrites the text so that no compiler leaves it out, and empties it.
void Wipe(std::string* secret);

}  // namespace sabun
