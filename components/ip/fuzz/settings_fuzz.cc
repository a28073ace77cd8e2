// SPDX-License-Identifier: ISC
// An interface's settings from words that anybody wrote: the first byte is the interface's index and whether there is a
// toolstack's default, the rest is the words, which a blank ends.
//
// Promised whatever they say: a refusal has a sentence, and what is accepted does not contradict itself.

#include <atman/ip/settings.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

void Check(const at_ip_settings &settings) {
  if (settings.prefix > 32) abort();
  if (settings.address.family != AT_IP_ANY && settings.address.family != AT_IP_V4) abort();
  if (settings.address6.family != AT_IP_ANY && settings.address6.family != AT_IP_V6) abort();
  if (settings.dhcp && settings.address.family != AT_IP_ANY) abort();
  if (settings.gateway.family != AT_IP_ANY && settings.address.family != AT_IP_V4) abort();
  for (size_t i = 1; i < AT_IP_DNS_SERVERS_MAX; i++) {
    if (settings.dns[i].family != AT_IP_ANY && settings.dns[i - 1].family == AT_IP_ANY) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Each word has memory of its own, so that the sanitizer sees a read behind its end.
  std::vector<std::unique_ptr<char[]>> words;
  std::vector<char *> pointers;
  uint8_t how = size > 0 ? data[0] : 0;
  std::string text(size > 0 ? std::string(reinterpret_cast<const char *>(data) + 1, size - 1) : "");

  for (size_t at = 0; at < text.size();) {
    std::string word = text.substr(at, text.find(' ', at) - at);

    at += word.size() + 1;
    words.emplace_back(new char[word.size() + 1]);
    memcpy(words.back().get(), word.c_str(), word.size() + 1);
    pointers.push_back(words.back().get());
  }
  const char *address = (how & 0x10) != 0 && !pointers.empty() ? pointers[0] : nullptr;
  pointers.push_back(nullptr);

  at_ip_settings settings;
  const char *error = nullptr;
  at_status status = at_ip_settings_parse(&settings, &error, pointers.data(), how % 10, address);
  if (status == AT_OK) {
    if (error != nullptr) abort();
    Check(settings);
  } else if (status != AT_INVALID || error == nullptr || error[0] == '\0') {
    abort();
  }
  return 0;
}
