// SPDX-License-Identifier: ISC
// A server and a client of TLS, joined by a pipe that can misbehave.

#ifndef ATMAN_TLS_TESTS_FIXTURE_H
#define ATMAN_TLS_TESTS_FIXTURE_H

#include <cstring>
#include <string>
#include <vector>

#include <atman/testing/pipe_stream.h>
#include <atman/tls/cache.h>
#include <atman/tls/credentials.h>
#include <atman/tls/profile.h>
#include <atman/tls/tls.h>

#include "authority_trust.h"
#include "gtest/gtest.h"
#include "server_identity.h"

constexpr uint64_t kNow = 1830000000;  // in 2027, within the certificates' time

// What a pair is made with. Change it before Open().
struct PairOptions {
  size_t pipe = 40000;
  size_t server_input = 0;  // 0: as `input`
  size_t input = AT_TLS_INPUT_FULL, server_output = AT_TLS_OUTPUT_FULL, client_output = AT_TLS_OUTPUT_FULL;
  const at_tls_identity *identity = &server_identity;
  const at_tls_trust *trust = &authority_trust;
  const char *name = "server.test";
  uint64_t time_s = kNow;
  const at_tls_profile *server_profile = at_tls_modern(), *client_profile = at_tls_modern();
  std::vector<const char *> server_protocols, client_protocols;
  at_tls_cache *cache = nullptr;
  const at_tls_session *session = nullptr;
};

class Pair {
 public:
  PairOptions options;
  at_pipe pipe{};
  at_tls_server server{};
  at_tls_client client{};

  ~Pair() { Close(); }

  void Open() {
    memory_.resize(options.pipe);
    at_pipe_init(&pipe, memory_.data(), memory_.size(), at_wait{});
    for (int i : {0, 1}) {
      input_[i].resize(i == 0 && options.server_input != 0 ? options.server_input : options.input);
      output_[i].resize(i == 0 ? options.server_output : options.client_output);
    }
    at_tls_config config = Config(0, options.server_profile, options.server_protocols);
    ASSERT_EQ(at_tls_server_open(&server, at_pipe_stream(&pipe, 0), &config, options.identity, options.cache), AT_OK);
    config = Config(1, options.client_profile, options.client_protocols);
    at_tls_peer peer{options.name, options.trust, options.time_s, options.session};
    ASSERT_EQ(at_tls_client_open(&client, at_pipe_stream(&pipe, 1), &config, &peer), AT_OK);
  }

  // Shakes hands until both sides have an answer, or nothing moves any more.
  void Shake() {
    for (int i = 0; i < 20000; ++i) {
      server_status = at_tls_handshake(&server.tls);
      client_status = at_tls_handshake(&client.tls);
      if (server_status != AT_AGAIN && client_status != AT_AGAIN) return;
    }
  }

  at_stream Server() { return at_tls_stream(&server.tls); }
  at_stream Client() { return at_tls_stream(&client.tls); }
  at_tls_failure ServerFailure() const { return at_tls_failure_of(&server.tls); }
  at_tls_failure ClientFailure() const { return at_tls_failure_of(&client.tls); }

  void Close() {
    at_tls_close(&server.tls);
    at_tls_close(&client.tls);
  }

  // Whether any byte of the buffers is left as it was.
  bool IsWiped() const {
    for (int i : {0, 1}) {
      for (uint8_t byte : input_[i]) {
        if (byte != 0) return false;
      }
      for (uint8_t byte : output_[i]) {
        if (byte != 0) return false;
      }
    }
    return true;
  }

  at_status server_status = AT_AGAIN, client_status = AT_AGAIN;

 private:
  at_tls_config Config(int side, const at_tls_profile *profile, const std::vector<const char *> &protocols) {
    return at_tls_config{profile, at_span_of(input_[side].data(), input_[side].size()),
                         at_span_of(output_[side].data(), output_[side].size()), protocols.data(), protocols.size()};
  }

  std::vector<uint8_t> memory_, input_[2], output_[2];
};

inline at_status WriteText(at_stream stream, const std::string &text) {
  size_t written = 0;
  at_status status = at_stream_write(stream, &written, at_const_span_of(text.data(), text.size()), 0);
  EXPECT_EQ(written, status == AT_OK ? text.size() : 0u);
  return status;
}

// What is there to be read, or the name of the status that says why nothing is.
inline std::string ReadText(at_stream stream) {
  at_const_span bytes;
  at_status status = at_stream_peek(stream, &bytes);
  if (status != AT_OK) return at_status_name(status);
  std::string text(reinterpret_cast<const char *>(bytes.data), bytes.size);
  at_stream_consume(stream, bytes.size);
  return text;
}

// A pair that a test connects when it has said how.
class PairTest : public ::testing::Test {
 protected:
  void Connect() {
    pair_.Open();
    pair_.Shake();
    ASSERT_EQ(pair_.server_status, AT_OK) << at_tls_failure_text(pair_.ServerFailure());
    ASSERT_EQ(pair_.client_status, AT_OK) << at_tls_failure_text(pair_.ClientFailure());
  }

  Pair pair_;
};

#endif  // ATMAN_TLS_TESTS_FIXTURE_H
