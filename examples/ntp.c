/* SPDX-License-Identifier: ISC */
/*
 * Asks a time server what time it is (SNTP, RFC 4330): a program of BSD sockets.
 *
 *     ./atman run -a time.example.org //examples:ntp
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atman/guest_sockets.h>

#define TRIES 5
#define PATIENCE 2 /* seconds for an answer */
#define SECOND 1000000000ll

#define VERSION_CLIENT 0x23 /* version 4, mode 3 */
#define MODE_SERVER 4
#define NOT_SYNCHRONISED 3        /* the leap indicator of a server that does not know the time */
#define UNIX_EPOCH 2208988800ll   /* 1970 in seconds since 1900 */
#define ERA 4294967296ll          /* seconds; the second one begins in February 2036 */
#define STAMP_IS_1968 0x80000000u /* RFC 4330, 3: from here on a stamp is of the first era */
#define FRACTION_NS(f) ((int64_t)((f)*1000000000ull >> 32))

/* RFC 4330, 4. All in network order; a stamp is seconds since 1900 and a fraction of 2^32. */
struct packet {
    uint8_t leap_version_mode, stratum, poll, precision;
    uint32_t root_delay, root_dispersion, reference_id;
    uint32_t reference[2], originate[2], receive[2], transmit[2];
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* Nanoseconds since 1970. */
static int64_t stamp_ns(const uint32_t stamp[2])
{
    uint64_t seconds = ntohl(stamp[0]), fraction = ntohl(stamp[1]);

    return ((int64_t)seconds + (seconds < STAMP_IS_1968 ? ERA : 0) - UNIX_EPOCH) * SECOND + FRACTION_NS(fraction);
}

/* A socket that is connected to `server`, or -1 and why in errno (0: no name server knows it). */
static int open_socket(const char *server)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    const struct timeval patience = {.tv_sec = PATIENCE};
    struct addrinfo *found;
    int fd, failed = getaddrinfo(server, "123", &hints, &found);

    if (failed != 0) {
        errno = failed == EAI_NONAME ? 0 : EAGAIN;
        return -1;
    }
    fd = socket(found->ai_family, found->ai_socktype, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
                    connect(fd, found->ai_addr, found->ai_addrlen) != 0)) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* NULL, or why the server's answer, which took so long, tells no time. */
static const char *fault(const struct packet *answer, int64_t took_ns)
{
    int64_t held_ns = stamp_ns(answer->transmit) - stamp_ns(answer->receive);

    if (answer->stratum == 0)
        return "it refuses to serve";
    if (answer->leap_version_mode >> 6 == NOT_SYNCHRONISED || answer->stratum > 15)
        return "it does not know the time itself";
    if (answer->transmit[0] == 0 || held_ns < 0 || held_ns > took_ns)
        return "the times that it tells cannot be";
    return NULL;
}

/*
 * Asks once. What is sent as our time is a random number: the server sends it back, so that nobody who cannot see it
 * can answer, and learns nothing of our clock. Returns whether there is an answer, and then when it came and how long
 * it took.
 */
static int ask(int fd, struct packet *answer, int64_t *came_ns, int64_t *took_ns)
{
    struct packet question = {.leap_version_mode = VERSION_CLIENT};
    int64_t sent_ns, until_ns;
    ssize_t got;

    if (getrandom(question.transmit, sizeof question.transmit, 0) != sizeof question.transmit)
        return 0;
    sent_ns = now_ns(CLOCK_MONOTONIC);
    until_ns = sent_ns + PATIENCE * SECOND;
    if (send(fd, &question, sizeof question, 0) != sizeof question)
        return 0;
    do {
        got = recv(fd, answer, sizeof *answer, 0);
        if (got < 0)
            return 0;
        *came_ns = now_ns(CLOCK_MONOTONIC);
        if (got == sizeof *answer && (answer->leap_version_mode & 7) == MODE_SERVER &&
            memcmp(answer->originate, question.transmit, sizeof question.transmit) == 0) {
            *took_ns = *came_ns - sent_ns;
            return 1;
        }
    } while (*came_ns < until_ns);
    errno = EAGAIN;
    return 0;
}

/* Prints the server's time when its answer came: what it sent plus half of what the way there and back took. */
static void print_time(const char *server, const struct packet *answer, int64_t took_ns)
{
    int64_t way_ns = took_ns - (stamp_ns(answer->transmit) - stamp_ns(answer->receive));
    int64_t time_ns = stamp_ns(answer->transmit) + way_ns / 2;
    int64_t ahead_ms = (time_ns - now_ns(CLOCK_REALTIME)) / 1000000;
    time_t seconds = time_ns / SECOND;
    char text[32];

    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&seconds));
    printf("ntp: %s: %s.%03d UTC, this guest's clock is %lld ms %s.\n", server, text, (int)(time_ns % SECOND / 1000000),
           (long long)(ahead_ms < 0 ? -ahead_ms : ahead_ms), ahead_ms < 0 ? "ahead" : "behind");
}

static int complain(const char *server, const char *why)
{
    printf("ntp: %s: %s.\n", server, why);
    return 1;
}

int main(int argc, char **argv)
{
    const char *server = NULL;
    struct packet answer;
    int64_t came_ns, took_ns;

    for (int i = 1; i < argc; i++) {
        if (strchr(argv[i], '=') == NULL)
            server = argv[i];
    }
    if (server == NULL)
        return complain("nothing to do", "the command line has to name a time server");
    at_guest_sockets(argv);
    for (int i = 0; i < TRIES; i++) {
        int fd = open_socket(server), answered = fd >= 0 && ask(fd, &answer, &came_ns, &took_ns);

        if (fd >= 0)
            close(fd);
        else if (errno == 0)
            return complain(server, "no name server knows it");
        if (answered) {
            const char *why = fault(&answer, took_ns);

            if (why != NULL)
                return complain(server, why);
            print_time(server, &answer, took_ns);
            return 0;
        }
        if (errno != EAGAIN)
            sleep(PATIENCE); /* no address yet, perhaps */
    }
    return complain(server, errno == EAGAIN ? "it does not answer" : strerror(errno));
}
