// Where a package names the agencies that routing and authority speak of (QCVN 102, MessageHeader).
#pragma once

#include <cstddef>
#include <string>

namespace truc::hub::places {

std::string sender();                                      // …/From/OrganId
std::string addressee(std::size_t index, std::size_t of);  // …/To[index + 1]/OrganId
std::string response_for();                                // …/ResponseFor/OrganId
std::string responding_document();                         // …/ResponseFor/DocumentId
std::string status_code();                                 // …/StatusCode

}  // namespace truc::hub::places
