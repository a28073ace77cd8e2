// SPDX-License-Identifier: ISC
// A server and a client of TLS with somebody between them who sees every record, and drops, changes, repeats and
// invents what he likes; or one of them alone with him.
//
// Promised whatever he does: every call returns, memory stays the connection's, what is read is what the other side
// wrote, from its beginning and without a gap; alone with him no handshake is ever complete; what is broken stays so
// and has a reason; and the buffers are empty afterwards.

#include <atman/fuzz/peer.h>
#include <atman/host/seams.h>
#include <atman/testing/pipe_stream.h>
#include <atman/tls/cache.h>
#include <atman/tls/credentials.h>
#include <atman/tls/profile.h>
#include <atman/tls/tls.h>

#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "authority_trust.h"
#include "server_identity.h"

namespace {

constexpr uint64_t kNow = 1830000000;  // in 2027, within the certificates' time
constexpr size_t kPipe = 40000;
constexpr unsigned kSteps = 300;
constexpr size_t kMost = 20000;    // bytes in one go
constexpr size_t kPeriod = 60013;  // of the text that is written

at_status Random(void *ctx, void *out, size_t size) {
  auto *state = static_cast<uint32_t *>(ctx);
  for (size_t i = 0; i < size; i++) {
    *state = *state * 1664525 + 1013904223;
    static_cast<uint8_t *>(out)[i] = static_cast<uint8_t>(*state >> 24);
  }
  return AT_OK;
}

// Memory that outlives the inputs: to make it for each would take as long as the rest. ASan guards its end.
class Lasting {
 public:
  explicit Lasting(size_t most) : bytes_(most) {}

  // The first `size` bytes; nobody may touch the others.
  at_span Of(size_t size) {
    size_ = size;
    __asan_unpoison_memory_region(bytes_.data(), size);
    __asan_poison_memory_region(bytes_.data() + size, bytes_.size() - size);
    return at_span_of(bytes_.data(), size);
  }
  bool IsWiped() const {
    static const uint8_t zeroes[AT_TLS_INPUT_FULL] = {};
    return memcmp(bytes_.data(), zeroes, size_) == 0;
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t size_ = 0;
};

// What both sides write, again and again, from wherever they are.
const uint8_t *TextAt(size_t offset) {
  static const std::vector<uint8_t> text = [] {
    std::vector<uint8_t> bytes(kPeriod + kMost);
    for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(i % kPeriod * 2654435761u >> 24);
    return bytes;
  }();
  return &text[offset % kPeriod];
}

struct Memory {
  Lasting pipe{2 * kPipe}, input{AT_TLS_INPUT_FULL}, output{AT_TLS_OUTPUT_FULL};
  std::string taken, last;  // taken off its wire now, and before
};

// One side: the connection, and the end of its carrier that the man in the middle holds.
struct Side {
  Memory *memory = nullptr;
  at_tls *tls = nullptr;
  at_pipe pipe{};
  at_stream wire{};
  size_t wrote = 0, read = 0;  // bytes in private
  at_status broken = AT_OK;

  at_stream Carrier() {
    at_pipe_init(&pipe, memory->pipe.Of(2 * kPipe).data, 2 * kPipe, at_wait{});
    wire = at_pipe_stream(&pipe, 1);
    return at_pipe_stream(&pipe, 0);
  }
  at_tls_config Config(const at_tls_profile *profile, size_t in, size_t out) {
    return at_tls_config{profile, memory->input.Of(in), memory->output.Of(out), nullptr, 0};
  }
};

struct World {
  at_fuzz_peer *peer;
  Side sides[2];  // the server, the client
  at_tls_server server{};
  at_tls_client client{};
  bool joined;  // the man in the middle has both
};

// What any call answered.
void Note(Side *side, at_status status) {
  if (side->broken != AT_OK && status != side->broken) abort();
  if (status == AT_OK || status == AT_AGAIN || status == AT_CLOSED) return;
  if (at_tls_failure_of(side->tls) == AT_TLS_FINE) abort();
  side->broken = status;
}

void Shake(World *world, Side *side) {
  at_status status = at_tls_handshake(side->tls);
  Note(side, status);
  if (status == AT_OK && !world->joined) abort();
}

// Reads what is there. It must go on where the other side's text goes on.
void Read(World *world, Side *side) {
  const Side &other = world->sides[side == &world->sides[0]];
  at_const_span bytes;
  at_status status;
  while ((status = at_stream_peek(at_tls_stream(side->tls), &bytes)) == AT_OK) {
    if (bytes.size > other.wrote - side->read || bytes.size > kMost) abort();
    if (memcmp(bytes.data, TextAt(side->read), bytes.size) != 0) abort();
    side->read += bytes.size;
    at_stream_consume(at_tls_stream(side->tls), bytes.size);
  }
  Note(side, status);
}

void Write(Side *side, size_t size, unsigned flags) {
  size_t written = 0;
  at_status status =
      at_stream_write(at_tls_stream(side->tls), &written, at_const_span_of(TextAt(side->wrote), size), flags);
  side->wrote += written;
  if (status != AT_CLOSED) Note(side, status);
}

// AT_OK when it was done before, whatever has happened since.
void Finish(Side *side) {
  at_status status = at_stream_finish(at_tls_stream(side->tls));
  if (status != AT_OK) Note(side, status);
}

// Takes up to `most` bytes that the side has sent; they are there until the next are taken.
const std::string &Intercept(Side *side, size_t most) {
  std::string &taken = side->memory->taken;
  at_const_span bytes;
  taken.clear();
  while (taken.size() < most && at_stream_peek(side->wire, &bytes) == AT_OK) {
    size_t size = std::min(bytes.size, most - taken.size());
    taken.append(reinterpret_cast<const char *>(bytes.data), size);
    at_stream_consume(side->wire, size);
  }
  if (!taken.empty()) side->memory->last = taken;
  return taken;
}

void Give(Side *side, const std::string &bytes) {
  size_t written = 0;
  if (!bytes.empty()) at_stream_write(side->wire, &written, at_const_span_of(bytes.data(), bytes.size()), 0);
}

// Both have their turns and get each other's bytes as they are, as long as there are any.
void Relay(World *world) {
  for (size_t moved = 1, round = 0; moved > 0 && round < 40; round++) {
    moved = 0;
    for (Side &side : world->sides) {
      if (side.tls == nullptr) continue;
      Shake(world, &side);
      Read(world, &side);
      const std::string &sent = Intercept(&side, kPipe);
      moved += sent.size();
      Side *other = &world->sides[&side == &world->sides[0]];
      if (other->tls != nullptr) Give(other, sent);
    }
  }
}

void Invent(at_fuzz_peer *peer, Side *side, bool lies) {
  std::string content(at_fuzz_u8(peer), '\0');
  std::string head = {static_cast<char>(20 + at_fuzz_u8(peer) % 5), 3, 3};
  size_t said = lies ? at_fuzz_u16(peer) : content.size();
  at_fuzz_bytes(peer, &content[0], content.size());
  head += static_cast<char>(said >> 8);
  head += static_cast<char>(said);
  Give(side, head + content);
}

void Step(World *world) {
  at_fuzz_peer *peer = world->peer;
  uint8_t what = at_fuzz_u8(peer);
  Side *to = &world->sides[what >> 7], *from = &world->sides[1 - (what >> 7)];
  if (to->tls == nullptr) std::swap(to, from);
  std::string bytes;
  switch (what & 0x0f) {
    case 0: Relay(world); break;
    case 1: Shake(world, to); break;
    case 2: Read(world, to); break;
    case 3: Write(to, at_fuzz_u16(peer) % kMost, what & 0x40 ? AT_STREAM_MORE : 0); break;
    case 4: Finish(to); break;
    case 5: at_stream_finish(to->wire); break;
    case 6: Invent(peer, to, what & 0x40); break;
    case 7:
      bytes.resize(at_fuzz_u8(peer));
      at_fuzz_bytes(peer, &bytes[0], bytes.size());
      Give(to, bytes);
      break;
    default:  // what the other side has sent, or sent last, and not quite
      if (from->tls == nullptr) break;
      bytes = (what & 0x0f) == 8 ? from->memory->last : Intercept(from, at_fuzz_u16(peer));
      if ((what & 0x0f) == 9 && !bytes.empty())
        bytes[at_fuzz_u16(peer) % bytes.size()] ^= static_cast<char>(at_fuzz_u8(peer));
      if ((what & 0x0f) != 10) Give(to, bytes);  // else it is lost
      break;
  }
}

void Open(World *world, uint8_t how) {
  const size_t input = how & 4 ? AT_TLS_INPUT_MIN : AT_TLS_INPUT_FULL;
  const size_t output = how & 8 ? 0 : how & 16 ? AT_TLS_OUTPUT_MIN : AT_TLS_OUTPUT_FULL;
  const at_tls_profile *profile = how & 32 ? at_tls_legacy() : at_tls_modern();
  world->joined = how % 4 >= 2;
  if (world->joined || how % 4 == 0) {
    Side *side = &world->sides[0];
    const at_tls_config config = side->Config(profile, input, output);
    side->tls = &world->server.tls;
    if (at_tls_server_open(&world->server, side->Carrier(), &config, &server_identity, nullptr) != AT_OK) abort();
  }
  if (world->joined || how % 4 == 1) {
    Side *side = &world->sides[1];
    const at_tls_config config = side->Config(profile, AT_TLS_INPUT_FULL, AT_TLS_OUTPUT_FULL);
    const at_tls_peer peer{"server.test", &authority_trust, kNow, nullptr};
    side->tls = &world->client.tls;
    if (at_tls_client_open(&world->client, side->Carrier(), &config, &peer) != AT_OK) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Memory memory[2];
  uint32_t seed = 1;
  World world{};
  for (unsigned i = 0; i < 2; i++) {
    world.sides[i].memory = &memory[i];
    memory[i].last.clear();
  }
  world.peer = at_fuzz_begin(data, size);
  at_host_entropy_redirect(Random, &seed);
  Open(&world, at_fuzz_u8(world.peer));
  for (unsigned i = 0; i < kSteps && !at_fuzz_is_over(world.peer); i++) Step(&world);
  Relay(&world);
  for (Side &side : world.sides) {
    if (side.tls == nullptr) continue;
    at_tls_close(side.tls);
    if (!side.memory->input.IsWiped() || !side.memory->output.IsWiped()) abort();
  }
  at_host_entropy_redirect(nullptr, nullptr);
  return 0;
}
