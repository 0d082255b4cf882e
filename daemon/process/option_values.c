#include "process/option_values.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include "common/cleanup.h"
#include "model/mount.h"

#define READ_BYTES ((size_t)64 * 1024)
#define HOST_MAX_BYTES 64
#define REGION_MAX_BYTES 64
#define TCP_ACCEPTED "127.0.0.1:PORT or [::1]:PORT is accepted, and port 0 picks one"

int option_number(const char *option, const char *text, uint64_t max, uint64_t *ret_number,
        struct problem *problem) {
    uint64_t number = 0;
    const char *at = text;

    while (*at >= '0' && *at <= '9' && number <= max) {
        number = number * 10 + (uint64_t)(*at++ - '0');
    }
    if (*at != '\0' || number == 0 || number > max) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: '%s' is not accepted; give a whole number from 1 to %llu", option, text,
                (unsigned long long)max);
    }
    *ret_number = number;
    return 0;
}

int option_clock(const char *option, const char *text, enum clock_kind *ret_kind,
        instant *ret_start, struct problem *problem) {
    const struct span prefix = SPAN_LITERAL("virtual:");
    struct span spec = span_of(text);
    instant start = INSTANT_VIRTUAL_DEFAULT;
    bool is_known = span_is(spec, "system") || span_is(spec, "virtual");

    if (!is_known && span_starts_with(spec, prefix)) {
        struct span time = {spec.data + prefix.len, spec.len - prefix.len};

        is_known = instant_parse(time, &start) == 0 && start <= INSTANT_CEILING;
    }
    if (!is_known) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: '%s' is not accepted; give 'system', 'virtual', or 'virtual:' and an RFC 3339 "
                "time not past 9900-01-01, as in virtual:2000-01-01T00:00:00Z",
                option, text);
    }
    *ret_kind = span_is(spec, "system") ? CLOCK_SYSTEM : CLOCK_VIRTUAL;
    *ret_start = start;
    return 0;
}

/* Reads to the end of the file, or until content has more than max bytes. */
static int read_content(int fd, size_t max, struct buffer *content) {
    size_t step = max < READ_BYTES ? max + 1 : READ_BYTES;

    while (content->len <= max) {
        char *place = buffer_reserve(content, step);
        ssize_t len = place == NULL ? 0 : read(fd, place, step);

        if (place == NULL) {
            return -ENOMEM;
        }
        if (len <= 0) {
            return len < 0 ? -errno : 0;
        }
        buffer_commit(content, (size_t)len);
    }
    return 0;
}

int option_file(const char *option, const char *path, size_t content_max_bytes,
        struct buffer *ret_content, struct problem *problem) {
    GK_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int error = fd < 0 ? -errno : read_content(fd, content_max_bytes, ret_content);

    if (error < 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: that file cannot be read (%s); give the path of a file", option,
                strerror(-error)); /* the path is not shown: somebody may have typed the seed */
    }
    return 0;
}

int option_key(
        const char *option, const char *path, unsigned char *ret_key, struct problem *problem) {
    BUFFER_AUTO struct buffer content = BUFFER_NULL;
    int error = option_file(option, path, OPTION_KEY_BYTES, &content, problem);

    if (error != 0) {
        return error;
    }
    if (content.len != OPTION_KEY_BYTES) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: a file of exactly %d bytes is accepted (head -c %d /dev/urandom >FILE)",
                option, OPTION_KEY_BYTES, OPTION_KEY_BYTES);
    }
    memcpy(ret_key, content.data, OPTION_KEY_BYTES);
    return 0;
}

int option_duration(const char *option, const char *text, int64_t max_s, int64_t *ret_seconds,
        struct problem *problem) {
    int64_t seconds;

    if (duration_parse(span_of(text), &seconds) != 0 || seconds < 1 || seconds > max_s) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: a duration from 1s to %lldd is accepted, such as 15m", option,
                (long long)max_s / 86400);
    }
    *ret_seconds = seconds;
    return 0;
}

int option_mount(const char *option, const char *text, struct problem *problem) {
    const char *fault = mount_fault(span_of(text));

    if (fault == NULL) {
        return 0;
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "%s: '%s' %s; give another path without a slash at its ends, such as secret", option,
            text, fault);
}

int option_log(
        const char *option, const char *text, enum log_what *ret_what, struct problem *problem) {
    static const char *const words[] = {
            [LOG_WARNINGS] = "warnings", [LOG_EVENTS] = "events", [LOG_REQUESTS] = "requests"};

    for (size_t what = 0; what < sizeof(words) / sizeof(words[0]); what++) {
        if (strcmp(words[what], text) == 0) {
            *ret_what = (enum log_what)what;
            return 0;
        }
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "%s: '%.40s' is not accepted; give warnings, events or requests", option, text);
}

int option_region(const char *option, const char *text, struct problem *problem) {
    size_t len = strlen(text);

    if (len == 0 || len > REGION_MAX_BYTES ||
            strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: '%s' is not accepted; give the name of a region of AWS, such as us-east-1",
                option, text);
    }
    return 0;
}

bool address_is_loopback(const struct sockaddr_storage *address) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET) {
        return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

static bool parse_port(const char *text, uint16_t *ret_port) {
    unsigned int port = 0;

    if (text[0] == '\0' || strlen(text) > 5 || text[strspn(text, "0123456789")] != '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        port = port * 10 + (unsigned int)(*text - '0');
    }
    *ret_port = htons((uint16_t)port);
    return port <= UINT16_MAX;
}

int option_tcp(const char *option, const char *text, struct sockaddr_storage *ret_address,
        struct problem *problem) {
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    const char *colon = strrchr(text, ':');
    size_t host_len = colon != NULL ? (size_t)(colon - text) : 0;
    char host[HOST_MAX_BYTES];
    bool parsed = false;

    if (colon != NULL && host_len > 2 && host_len < sizeof(host)) {
        (void)snprintf(host, sizeof(host), "%.*s", (int)host_len, text);
        if (host[0] == '[' && host[host_len - 1] == ']') {
            host[host_len - 1] = '\0';
            address.ss_family = AF_INET6;
            parsed = inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1 &&
                     parse_port(colon + 1, &six->sin6_port);
        } else {
            address.ss_family = AF_INET;
            parsed = inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
                             &four->sin_addr) == 1 &&
                     parse_port(colon + 1, &four->sin_port);
        }
    }
    if (!parsed) {
        return problem_set(problem, GK_E_BAD_REQUEST, "%s: " TCP_ACCEPTED, option);
    }
    if (!address_is_loopback(&address)) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "%s: only a loopback address is served, never a network; " TCP_ACCEPTED, option);
    }
    *ret_address = address;
    return 0;
}
