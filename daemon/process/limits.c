#include "process/limits.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>

#include "common/buffer.h"

#define READ_BYTES 4096
#define KIB 1024
#define V1_NONE (UINT64_C(1) << 62)            /* and more: nobody has so much memory */
#define RESERVE_MIN_BYTES (UINT64_C(32) << 20) /* while it grows, a page of a list takes 24 MiB */
#define RESERVE_MAX_BYTES (UINT64_C(64) << 20)
#define RESERVE_PART 4 /* of the limit */

static bool read_text(const char *path, struct buffer *text) {
    GK_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count;

    buffer_clear(text);
    do {
        char *place = buffer_reserve(text, READ_BYTES);

        if (fd < 0 || place == NULL) {
            return false;
        }
        count = read(fd, place, READ_BYTES);
        if (count < 0) {
            return false;
        }
        buffer_commit(text, (size_t)count);
    } while (count > 0);
    return true;
}

/* Takes what stands before the next `end` off *rest, and that too. False: nothing is left. */
static bool take(struct span *rest, char end, struct span *ret_word) {
    const char *at = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
    size_t len = at != NULL ? (size_t)(at - rest->data) : rest->len;

    if (rest->len == 0) {
        return false;
    }
    *ret_word = (struct span){rest->data, len};
    len += at != NULL;
    *rest = (struct span){rest->data + len, rest->len - len};
    return true;
}

/* Whether a list with commas has that word. */
static bool has_word(struct span list, const char *word) {
    struct span each;

    while (take(&list, ',', &each)) {
        if (span_is(each, word)) {
            return true;
        }
    }
    return false;
}

static uint64_t parse_number(struct span text) {
    uint64_t number = 0;
    size_t at = 0;

    for (; at < text.len && isdigit((unsigned char)text.data[at]); at++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
                __builtin_add_overflow(number, (uint64_t)(text.data[at] - '0'), &number)) {
            return LIMIT_NONE;
        }
    }
    return at > 0 ? number : LIMIT_NONE;
}

uint64_t limits_parse_bytes(struct span text) {
    uint64_t number = parse_number(text); /* "max" is no number */

    return number < V1_NONE ? number : LIMIT_NONE;
}

uint64_t limits_parse_meminfo(struct span text) {
    const struct span name = SPAN_LITERAL("MemTotal:");
    struct span line;

    while (take(&text, '\n', &line)) {
        uint64_t kib;

        if (!span_starts_with(line, name)) {
            continue;
        }
        line = (struct span){line.data + name.len, line.len - name.len};
        while (line.len > 0 && line.data[0] == ' ') {
            line = (struct span){line.data + 1, line.len - 1};
        }
        kib = parse_number(line);
        return kib < LIMIT_NONE / KIB ? kib * KIB : LIMIT_NONE;
    }
    return LIMIT_NONE;
}

/* The path of the process in the hierarchy of v1 that has the controller of memory, or in that of
 * v2: lines "ID:CONTROLLERS:PATH". */
static bool find_path(struct span cgroups, bool is_v1, struct span *ret_path) {
    struct span line;

    while (take(&cgroups, '\n', &line)) {
        struct span id;
        struct span controllers;

        if (!take(&line, ':', &id) || !take(&line, ':', &controllers)) {
            continue;
        }
        if (is_v1 ? has_word(controllers, "memory") : span_is(id, "0") && controllers.len == 0) {
            *ret_path = line;
            return true;
        }
    }
    return false;
}

/* Where it is mounted: lines "ID PARENT DEVICE ROOT PLACE OPTIONS... - TYPE SOURCE OPTIONS". */
static bool find_mount(
        struct span mounts, bool is_v1, struct span *ret_root, struct span *ret_place) {
    struct span line;

    while (take(&mounts, '\n', &line)) {
        struct span words[5];
        struct span type;
        struct span source;
        bool is_whole = true;

        for (size_t at = 0; at < 5; at++) {
            is_whole = is_whole && take(&line, ' ', &words[at]);
        }
        while (is_whole && take(&line, ' ', &type) && !span_is(type, "-")) {
            /* options, as many as there are */
        }
        if (!is_whole || !take(&line, ' ', &type) || !take(&line, ' ', &source)) {
            continue;
        }
        if (is_v1 ? span_is(type, "cgroup") && has_word(line, "memory")
                  : span_is(type, "cgroup2")) {
            *ret_root = words[3];
            *ret_place = words[4];
            return true;
        }
    }
    return false;
}

/* mountinfo writes a space and what else would end a field as \ and three octal digits. */
static size_t decode(struct span text, char *place, size_t size) {
    size_t len = 0;

    for (size_t at = 0; at < text.len && len + 1 < size; at++) {
        const char *digits = text.data + at + 1;
        bool is_code = text.data[at] == '\\' && at + 3 < text.len;

        place[len++] = is_code ? (char)((digits[0] - '0') << 6 | (digits[1] - '0') << 3 |
                                         (digits[2] - '0'))
                               : text.data[at];
        at += is_code ? 3 : 0;
    }
    place[len] = '\0';
    return len;
}

static bool find_cgroup(
        struct span cgroups, struct span mounts, bool is_v1, struct cgroup *ret_cgroup) {
    struct cgroup cgroup = {.is_v1 = is_v1};
    struct span path;
    struct span root;
    struct span place;

    if (!find_path(cgroups, is_v1, &path) || !find_mount(mounts, is_v1, &root, &place)) {
        return false;
    }
    cgroup.top_len = decode(place, cgroup.folder, sizeof(cgroup.folder));
    root.len = span_is(root, "/") ? 0 : root.len;
    /* elsewhere, such as in a container, the mount's root is as near as can be seen */
    if (path.len > root.len && span_starts_with(path, root) && path.data[root.len] == '/' &&
            path.len - root.len > 1 && path.len - root.len < PATH_MAX - cgroup.top_len) {
        (void)snprintf(cgroup.folder + cgroup.top_len, PATH_MAX - cgroup.top_len, "%.*s",
                (int)(path.len - root.len), path.data + root.len);
    }
    *ret_cgroup = cgroup;
    return true;
}

bool limits_find_cgroup(struct span cgroups, struct span mounts, struct cgroup *ret_cgroup) {
    return find_cgroup(cgroups, mounts, true, ret_cgroup) ||
           find_cgroup(cgroups, mounts, false, ret_cgroup);
}

/* The smallest limit of a cgroup and those above it. */
static uint64_t read_cgroup(struct cgroup *cgroup, struct buffer *text) {
    const char *name = cgroup->is_v1 ? "memory.limit_in_bytes" : "memory.max";
    uint64_t smallest = LIMIT_NONE;
    char path[PATH_MAX];
    char *slash;

    do {
        if (snprintf(path, sizeof(path), "%s/%s", cgroup->folder, name) < PATH_MAX &&
                read_text(path, text)) {
            uint64_t limit = limits_parse_bytes(buffer_span(text));

            smallest = limit < smallest ? limit : smallest;
        }
        slash = strlen(cgroup->folder) > cgroup->top_len ? strrchr(cgroup->folder, '/') : NULL;
        if (slash != NULL) {
            *slash = '\0';
        }
    } while (slash != NULL);
    return smallest;
}

static uint64_t read_memory(void) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    BUFFER_AUTO struct buffer mounts = BUFFER_NULL;
    uint64_t machine = LIMIT_NONE;
    uint64_t smallest = LIMIT_NONE;
    struct cgroup cgroup;

    if (read_text("/proc/meminfo", &text)) {
        machine = limits_parse_meminfo(buffer_span(&text));
    }
    if (read_text("/proc/self/cgroup", &text) && read_text("/proc/self/mountinfo", &mounts) &&
            limits_find_cgroup(buffer_span(&text), buffer_span(&mounts), &cgroup)) {
        smallest = read_cgroup(&cgroup, &text);
    }
    return smallest < machine ? smallest : machine;
}

static uint64_t read_rlimit(__rlimit_resource_t resource) {
    struct rlimit limit;

    return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur
                                                                               : LIMIT_NONE;
}

uint64_t limits_left(uint64_t limit, uint64_t used) {
    uint64_t reserve = limit / RESERVE_PART;

    if (limit == LIMIT_NONE) {
        return LIMIT_NONE;
    }
    reserve = reserve < RESERVE_MIN_BYTES ? RESERVE_MIN_BYTES : reserve;
    reserve = reserve < RESERVE_MAX_BYTES ? reserve : RESERVE_MAX_BYTES;
    return limit > used + reserve ? limit - used - reserve : 0;
}

/* What the process has in use: addresses, and memory that no file could give back. */
static void read_used(uint64_t *ret_addresses, uint64_t *ret_memory) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    unsigned long long pages[3] = {0}; /* proc_pid_statm(5): all, in memory, of these of files */

    if (!read_text("/proc/self/statm", &text) ||
            sscanf(buffer_string(&text), "%llu %llu %llu", &pages[0], &pages[1], &pages[2]) != 3) {
        pages[0] = 0;
    }
    *ret_addresses = pages[0] * page;
    *ret_memory = pages[1] > pages[2] ? (pages[1] - pages[2]) * page : 0;
}

void limits_read(struct limits *ret_limits) {
    uint64_t addresses;
    uint64_t memory;

    read_used(&addresses, &memory);
    *ret_limits = (struct limits){
            .memory_bytes = limits_left(read_memory(), memory),
            .address_bytes = limits_left(read_rlimit(RLIMIT_AS), addresses),
            .file_bytes = read_rlimit(RLIMIT_FSIZE),
    };
}
