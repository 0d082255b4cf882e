/* The keys of the tables, and whether a change has a key and a record as its table holds them. */
#include <assert.h>
#include <endian.h>

#include "common/name.h"
#include "store/record.h"

#define VERSION_TAIL_BYTES (1 + 8)

struct span own_key(char place[OWN_KEY_ROOM_BYTES], enum owner owner, struct span key) {
    assert(key.len < OWN_KEY_ROOM_BYTES);
    place[0] = (char)owner;
    if (key.len > 0) {
        memcpy(place + 1, key.data, key.len);
    }
    return (struct span){place, key.len + 1};
}

struct span version_key(char place[VERSION_KEY_MAX_BYTES], struct span name, uint64_t number) {
    uint64_t big = htobe64(number);

    memcpy(place, name.data, name.len);
    place[name.len] = '\0';
    memcpy(place + name.len + 1, &big, sizeof(big));
    return (struct span){place, name.len + VERSION_TAIL_BYTES};
}

bool version_key_is_of(struct span key, struct span name, uint64_t *ret_number) {
    uint64_t big;

    if (key.len != name.len + VERSION_TAIL_BYTES || !span_starts_with(key, name) ||
            key.data[name.len] != '\0') {
        return false;
    }
    memcpy(&big, key.data + name.len + 1, sizeof(big));
    *ret_number = be64toh(big);
    return true;
}

struct span event_key(char place[EVENT_KEY_BYTES], uint64_t seq) {
    uint64_t big = htobe64(seq);

    memcpy(place, &big, EVENT_KEY_BYTES);
    return (struct span){place, EVENT_KEY_BYTES};
}

uint64_t event_key_seq(struct span key) {
    uint64_t big;

    memcpy(&big, key.data, EVENT_KEY_BYTES);
    return be64toh(big);
}

static bool is_name(struct span key) {
    return name_fault(key) == NULL;
}

static bool is_version_key(struct span key) {
    struct span name = {key.data, key.len - VERSION_TAIL_BYTES};
    uint64_t number;

    return key.len > VERSION_TAIL_BYTES && is_name(name) && version_key_is_of(key, name, &number);
}

static bool has_sound_key(const struct change *change) {
    switch ((enum table)change->table) {
    case TABLE_STATE:
        return span_equals(change->key, KEY_STATE) || span_equals(change->key, KEY_CLOCK);
    case TABLE_SECRETS:
    case TABLE_TOMBSTONES:
        return is_name(change->key);
    case TABLE_VERSIONS:
        return is_version_key(change->key);
    case TABLE_EVENTS:
        return change->key.len == EVENT_KEY_BYTES && event_key_seq(change->key) != 0;
    case TABLE_OWN:
        return change->key.len > 1 && change->key.len <= OWN_KEY_ROOM_BYTES &&
               change->key.data[0] > OWNER_NONE && change->key.data[0] < OWNER_COUNT;
    case TABLE_COUNT:
        break;
    }
    return false;
}

static bool has_sound_record(const struct change *change) {
    STATE_AUTO struct state state = STATE_NULL;
    struct tombstone tombstone;
    struct version version;
    struct secret secret;
    struct event event;
    struct span bytes;
    instant now;

    switch ((enum table)change->table) {
    case TABLE_STATE:
        return span_equals(change->key, KEY_STATE)
                       ? record_decode_state(change->record, &state) == 0
                       : record_decode_clock(change->record, &now) == 0;
    case TABLE_SECRETS:
        return record_decode_secret(change->key, change->record, &secret) == 0;
    case TABLE_TOMBSTONES:
        return record_decode_tombstone(change->record, &tombstone) == 0;
    case TABLE_VERSIONS:
        return record_decode_version(0, change->record, &version) == 0;
    case TABLE_EVENTS:
        return record_decode_event(0, change->record, &event) == 0;
    case TABLE_OWN:
        return record_decode_own(change->record, &bytes) == 0;
    case TABLE_COUNT:
        break;
    }
    return false;
}

bool change_is_sound(const struct change *change) {
    switch (change->kind) {
    case CHANGE_CLEAR:
        return change->table == 0 && change->key.len == 0 && change->record.len == 0;
    case CHANGE_PUT:
        return has_sound_key(change) && has_sound_record(change);
    case CHANGE_DELETE:
        return has_sound_key(change) && change->record.len == 0;
    }
    return false;
}
