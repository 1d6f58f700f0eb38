// Read by the thread sanitizer at the start of the test program.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

extern "C" const char* __tsan_default_suppressions();

// Asio counts owners down with a release and, before the deletion, an acquire fence
// (detail/atomic_count.hpp). The sanitizer does not know fences and sees the deletion race.
extern "C" const char* __tsan_default_suppressions() {
  return "race:boost::asio::execution::detail::shared_target_executor\n";
}

#endif
#endif
