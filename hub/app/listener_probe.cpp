#include "hub/app/listener_probe.hpp"

#include <algorithm>

namespace truc::hub {

ListenerProbe::ListenerProbe(telemetry::Metrics& metrics, const std::string& listener)
    : connections_(
          metrics.gauge("truc_hub_connections", "Open connections.", {{"listener", listener}})),
      handshakes_refused_(metrics.counter("truc_hub_handshakes_refused_total",
                                          "TLS handshakes that ended without a trusted identity.",
                                          {{"listener", listener}})),
      dropped_(metrics.counter("truc_hub_connections_dropped_total",
                               "Connections closed without a word: too many without an identity.",
                               {{"listener", listener}})),
      seconds_(metrics.histogram("truc_hub_http_request_seconds",
                                 "From a request's head to its whole answer; long polls wait here.",
                                 telemetry::latency_buckets(), {{"listener", listener}})) {
  for (const ErrorCode code :
       {ErrorCode::malformed_request, ErrorCode::header_too_large, ErrorCode::deadline_exceeded}) {
    heads_refused_.emplace(
        code,
        metrics.counter("truc_hub_http_heads_refused_total",
                        "Heads that were no request, or did not come in time, by code.",
                        {{"listener", listener}, {"code", std::string(describe(code).name)}}));
  }
  for (const char* status : {"1xx", "2xx", "3xx", "4xx", "5xx"}) {
    answers_.push_back(metrics.counter("truc_hub_http_requests_total",
                                       "Requests answered, by the status's class.",
                                       {{"listener", listener}, {"status", status}}));
  }
}

void ListenerProbe::connection_opened() {
  connections_.increment();
}
void ListenerProbe::connection_closed() {
  connections_.decrement();
}
void ListenerProbe::handshake_refused(const Failure&) {
  handshakes_refused_.increment();
}

void ListenerProbe::connection_dropped() {
  dropped_.increment();
}
void ListenerProbe::head_refused(const Failure& failure) {
  heads_refused_.at(failure.code()).increment();
}

void ListenerProbe::answered(channel::Method, int status, std::chrono::nanoseconds taken) {
  answers_[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)].increment();
  seconds_.observe(std::chrono::duration<double>(taken));
}

}  // namespace truc::hub
