// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

namespace truc {

class Descriptor {
 public:
  // Negative: what a call that failed gave; nothing is closed.
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (is_open()) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

}  // namespace truc
