// SPDX-License-Identifier: ISC
// A server and a client of TLS with somebody between them who sees every record, and drops, changes, repeats and
// invents what he likes; or one of them alone with him.
//
// Promised whatever he does: every call returns, memory stays the connection's, what is read is what the other side
// wrote, from its beginning and without a gap; alone with him no handshake is ever complete; what is broken stays so
// and has a reason; and the buffers are empty afterwards.
//
// An input begins with how the two are configured and how far their handshake has gone when he steps in. So far it is
// made once and kept: a handshake takes a millisecond, what he does to its end some microseconds.

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
#include <memory>
#include <vector>

#include "authority_trust.h"
#include "server_identity.h"

namespace {

constexpr uint64_t kNow = 1830000000;  // in 2027, within the certificates' time
constexpr size_t kPipe = 40000;
constexpr unsigned kSteps = 60;
constexpr unsigned kWays = 64;     // to configure the two
constexpr unsigned kTurns = 6;     // of a handshake: hello, flight, flight, finished, all read
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
  void Wipe() { memset(bytes_.data(), 0, size_); }
  bool IsWiped() const {
    static const uint8_t zeroes[AT_TLS_INPUT_FULL] = {};
    return memcmp(bytes_.data(), zeroes, size_) == 0;
  }

  struct Copy {
    std::vector<uint8_t> bytes;  // all that are not zero are among them
    size_t size;
  };
  Copy Save() const {
    size_t end = size_;
    while (end > 0 && bytes_[end - 1] == 0) end--;
    return {{bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(end)}, size_};
  }
  void Restore(const Copy &copy) {
    Of(copy.size);
    if (!copy.bytes.empty()) memcpy(bytes_.data(), copy.bytes.data(), copy.bytes.size());
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

// Bytes that were taken off a wire.
struct Bytes {
  uint8_t data[kPipe];
  size_t size = 0;
};

struct Memory {
  Lasting pipe{2 * kPipe}, input{AT_TLS_INPUT_FULL}, output{AT_TLS_OUTPUT_FULL};
  Bytes taken, last;  // of what the side has sent: the last that was taken off, and the last that was something
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

// Everything but what is in Memory. It lies where it lies: there are pointers from one part to another.
struct World {
  Side sides[2];  // the server, the client
  at_tls_server server{};
  at_tls_client client{};
  uint32_t random = 1;
  bool joined = false;  // the man in the middle has both

  bool Talks() const { return joined && at_tls_version(&server.tls) != 0 && at_tls_version(&client.tls) != 0; }
};

Memory the_memory[2];
World the_world;

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
Bytes *Intercept(Side *side, size_t most) {
  Bytes *taken = &side->memory->taken;
  at_const_span bytes;
  taken->size = 0;
  while (taken->size < most && at_stream_peek(side->wire, &bytes) == AT_OK) {
    size_t size = std::min(bytes.size, most - taken->size);
    memcpy(taken->data + taken->size, bytes.data, size);
    taken->size += size;
    at_stream_consume(side->wire, size);
  }
  if (taken->size > 0) {
    memcpy(side->memory->last.data, taken->data, taken->size);
    side->memory->last.size = taken->size;
  }
  return taken;
}

void Give(Side *side, const uint8_t *bytes, size_t size) {
  size_t written = 0;
  if (size > 0) at_stream_write(side->wire, &written, at_const_span_of(bytes, size), 0);
}

// The side does what it can, and what it sends arrives as it is: how many bytes.
size_t Turn(World *world, Side *side) {
  if (side->tls == nullptr) return 0;
  Shake(world, side);
  Read(world, side);
  const Bytes *sent = Intercept(side, kPipe);
  Side *other = &world->sides[side == &world->sides[0]];
  if (other->tls != nullptr) Give(other, sent->data, sent->size);
  return sent->size;
}

// Both have their turns as long as something is sent.
void Relay(World *world) {
  for (unsigned round = 0; round < 40; round++) {
    if (Turn(world, &world->sides[0]) + Turn(world, &world->sides[1]) == 0) break;
  }
}

void Invent(at_fuzz_peer *peer, Side *side, bool lies) {
  uint8_t record[5 + 255];
  const size_t size = at_fuzz_u8(peer);
  record[0] = static_cast<uint8_t>(20 + at_fuzz_u8(peer) % 5);
  record[1] = record[2] = 3;
  const size_t said = lies ? at_fuzz_u16(peer) : size;
  record[3] = static_cast<uint8_t>(said >> 8);
  record[4] = static_cast<uint8_t>(said);
  at_fuzz_bytes(peer, record + 5, size);
  Give(side, record, 5 + size);
}

void Step(World *world, at_fuzz_peer *peer) {
  uint8_t what = at_fuzz_u8(peer);
  Side *to = &world->sides[what >> 7], *from = &world->sides[1 - (what >> 7)];
  if (to->tls == nullptr) std::swap(to, from);
  Bytes *bytes = &from->memory->last;
  uint8_t few[255];
  size_t size;
  switch (what & 0x0f) {
    case 0: Turn(world, to); break;
    case 1: Shake(world, to); break;
    case 2: Read(world, to); break;
    case 3:
      size = what & 0x20 ? at_fuzz_u8(peer) : at_fuzz_u16(peer) % kMost;
      Write(to, size, what & 0x40 ? AT_STREAM_MORE : 0);
      break;
    case 4: Finish(to); break;
    case 5: at_stream_finish(to->wire); break;
    case 6: Invent(peer, to, what & 0x40); break;
    case 7:
      size = at_fuzz_u8(peer);
      at_fuzz_bytes(peer, few, size);
      Give(to, few, size);
      break;
    default:  // what the other side has sent, or sent last, and not quite
      if (from->tls == nullptr) break;
      if ((what & 0x0f) != 8) bytes = Intercept(from, at_fuzz_u16(peer));
      if ((what & 0x0f) == 9 && bytes->size > 0) bytes->data[at_fuzz_u16(peer) % bytes->size] ^= at_fuzz_u8(peer);
      if ((what & 0x0f) != 10) Give(to, bytes->data, bytes->size);  // else it is lost
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

// The world as it was when the two were configured, and after that many turns, the client's first.
struct Beginning {
  World world;
  Lasting::Copy pipe[2], input[2], output[2];
  std::vector<uint8_t> last[2];
};

void Save(Beginning *beginning) {
  beginning->world = the_world;
  for (unsigned i = 0; i < 2; i++) {
    beginning->pipe[i] = the_memory[i].pipe.Save();
    beginning->input[i] = the_memory[i].input.Save();
    beginning->output[i] = the_memory[i].output.Save();
    beginning->last[i].assign(the_memory[i].last.data, the_memory[i].last.data + the_memory[i].last.size);
  }
}

void Restore(const Beginning &beginning) {
  the_world = beginning.world;
  for (unsigned i = 0; i < 2; i++) {
    the_memory[i].pipe.Restore(beginning.pipe[i]);
    the_memory[i].input.Restore(beginning.input[i]);
    the_memory[i].output.Restore(beginning.output[i]);
    the_memory[i].last.size = beginning.last[i].size();
    std::copy(beginning.last[i].begin(), beginning.last[i].end(), the_memory[i].last.data);
  }
}

void Begin(unsigned how, unsigned turns) {
  static std::unique_ptr<Beginning> kept[kWays][kTurns];
  std::unique_ptr<Beginning> &beginning = kept[how][turns];
  if (beginning == nullptr) {
    the_world = World{};
    for (unsigned i = 0; i < 2; i++) {
      the_world.sides[i].memory = &the_memory[i];
      the_memory[i].pipe.Wipe();
      the_memory[i].last.size = 0;
    }
    Open(&the_world, static_cast<uint8_t>(how));
    for (unsigned i = 0; i < turns; i++) Turn(&the_world, &the_world.sides[1 - i % 2]);
    beginning = std::make_unique<Beginning>();
    Save(beginning.get());
  }
  Restore(*beginning);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  World *world = &the_world;
  at_fuzz_peer *peer = at_fuzz_begin(data, size);
  at_host_entropy_redirect(Random, &world->random);
  unsigned how = at_fuzz_u8(peer) % kWays;
  Begin(how, at_fuzz_u8(peer) % kTurns);
  for (unsigned i = 0; i < kSteps && !at_fuzz_is_over(peer); i++) Step(world, peer);
  if (world->Talks()) Relay(world);
  for (Side &side : world->sides) {
    if (side.tls == nullptr) continue;
    at_tls_close(side.tls);
    if (!side.memory->input.IsWiped() || !side.memory->output.IsWiped()) abort();
  }
  at_host_entropy_redirect(nullptr, nullptr);
  return 0;
}
