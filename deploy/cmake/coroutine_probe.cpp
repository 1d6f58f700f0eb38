// Exits 0 when the compiler destroys every temporary of a `co_await` expression exactly once.
// Each case is a form that g++ 12.2 gets wrong; what is counted is what a std::string would free.
#include <coroutine>
#include <cstdio>
#include <exception>

namespace {

int constructed = 0;
int destroyed = 0;

struct Counted {
  Counted() { ++constructed; }
  Counted(const Counted&) { ++constructed; }
  Counted(Counted&&) noexcept { ++constructed; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { ++destroyed; }
};

struct Aggregate {
  Counted first;
  Counted second;
};

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct Ready {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  void await_resume() const noexcept {}
};

Ready takes_aggregate(Aggregate) {
  return {};
}

struct Yields {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  Counted await_resume() const { return {}; }
};

template <class Function>
Ready takes_callable(Function&&) {
  return {};
}

Task temporary_aggregate() {
  co_await takes_aggregate(Aggregate{.first = {}, .second = {}});
}

Task braced_argument() {
  co_await takes_aggregate({Counted{}, Counted{}});
}

Task capturing_lambda() {
  Counted captured;
  co_await takes_callable([captured] { return &captured; });
}

Task await_inside_braces() {
  Aggregate built{.first = Counted{}, .second = co_await Yields{}};
  static_cast<void>(built);
}

int check(const char* name, Task (*run)()) {
  constructed = 0;
  destroyed = 0;
  run();
  if (constructed == destroyed) return 0;
  std::printf("%s: %d constructed, %d destroyed; ", name, constructed, destroyed);
  return 1;
}

}  // namespace

int main() {
  return check("temporary aggregate", temporary_aggregate) +
         check("braced argument", braced_argument) + check("capturing lambda", capturing_lambda) +
         check("await inside braces", await_inside_braces);
}
