// Names for threads, as `top -H`, a debugger and truc-bench show them.
#pragma once

#include <pthread.h>

#include <array>

namespace truc::hub {

// Threads that this thread starts within the object's life carry the name: Linux hands it down.
class ThreadName {
 public:
  explicit ThreadName(const char* name) {  // at most 15 characters
    pthread_getname_np(pthread_self(), before_.data(), before_.size());
    pthread_setname_np(pthread_self(), name);
  }
  ~ThreadName() { pthread_setname_np(pthread_self(), before_.data()); }
  ThreadName(const ThreadName&) = delete;
  ThreadName& operator=(const ThreadName&) = delete;

 private:
  std::array<char, 16> before_{};
};

}  // namespace truc::hub
