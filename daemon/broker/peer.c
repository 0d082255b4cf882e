#include "broker/peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/clock.h"
#include "common/utf8.h"
#include "process/program.h"

#define HASH_START 2166136261U /* FNV-1a */
#define HASH_FACTOR 16777619U
#define NO_NAME SPAN_LITERAL("-")

static struct peer *peer_new(pid_t pid, struct span text) {
    struct peer *peer = malloc(sizeof(*peer) + text.len);
    uint32_t hash = HASH_START ^ (uint32_t)pid;

    if (peer == NULL) {
        return NULL;
    }
    for (size_t at = 0; at < text.len; at++) {
        hash = (hash ^ (unsigned char)text.data[at]) * HASH_FACTOR;
    }
    *peer = (struct peer){.refs = 1, .hash = hash, .pid = pid, .len = (uint8_t)text.len};
    memcpy(peer->text, text.data, text.len);
    return peer;
}

/* Writes what is shown of a name to place. */
static struct span mend(struct span name, char place[PEER_MAX_BYTES]) {
    size_t len = 0;

    while (name.len > 0) {
        size_t width = utf8_character(name.data, name.len);
        size_t taken = width > 0 ? width : 1;

        if (len + taken > PEER_MAX_BYTES) {
            break;
        }
        if (width > 0) {
            memcpy(place + len, name.data, width);
        } else {
            place[len] = '?';
        }
        len += taken;
        name = (struct span){name.data + taken, name.len - taken};
    }
    return (struct span){place, len};
}

struct peer *peer_of_program(pid_t pid) {
    char name[PROGRAM_NAME_BYTES];
    char text[PEER_MAX_BYTES];
    char place[PEER_MAX_BYTES];
    struct peer *peer;

    if (pid <= 0) {
        return peer_new(0, NO_NAME);
    }
    program_name(pid, name);
    (void)snprintf(text, sizeof(text), "%s[%d]", name, (int)pid);
    peer = peer_new(pid, mend(span_of(text), place));
    if (peer != NULL) {
        peer->seen_boot_ms = clock_boot_ms();
    }
    return peer;
}

struct peer *peer_of_name(struct span name) {
    char place[PEER_MAX_BYTES];
    struct span text = name.len > 0 ? mend(name, place) : NO_NAME;
    struct peer *peer = peer_new(0, text);

    if (peer != NULL) {
        peer->is_mended = !span_equals(text, name);
    }
    return peer;
}

struct peer *peer_ref(struct peer *peer) {
    peer->refs += 1;
    return peer;
}

struct peer *peer_unref(struct peer *peer) {
    if (peer != NULL) {
        peer->refs -= 1;
        if (peer->refs == 0) {
            free(peer);
        }
    }
    return NULL;
}

bool peer_equals(const struct peer *one, const struct peer *other) {
    return one == other || (one->hash == other->hash && one->pid == other->pid &&
                                   span_equals(peer_text(one), peer_text(other)));
}

bool peer_is_named(const struct peer *peer, struct span name) {
    char place[PEER_MAX_BYTES];

    if (peer->pid != 0) {
        return false;
    }
    if (!peer->is_mended) {
        return span_equals(peer_text(peer), name);
    }
    return span_equals(peer_text(peer), name.len > 0 ? mend(name, place) : NO_NAME);
}

bool peer_has_ended(const struct peer *peer) {
    return peer->pid != 0 && program_has_ended(peer->pid, peer->seen_boot_ms);
}

bool peer_is_gone(const struct peer *peer) {
    return peer->pid != 0 && program_is_gone(peer->pid);
}
