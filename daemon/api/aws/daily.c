#include "api/aws/daily.h"

#define ENTRIES 16384 /* a power of two */
#define MS_PER_DAY INT64_C(86400000)
#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

struct entry {
    uint64_t hash; /* 0: free */
    instant day;
};

static struct entry entries[ENTRIES];

/* FNV-1a of all that tells the secret, or its version, from others in this state. */
static uint64_t hash_of(
        struct broker *broker, struct span name, uint64_t born_after, uint64_t number) {
    uint64_t numbers[] = {born_after, number, broker_resets(broker)};
    uint64_t hash = FNV_START;

    for (size_t at = 0; at < name.len; at++) {
        hash = (hash ^ (unsigned char)name.data[at]) * FNV_PRIME;
    }
    for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
        hash = (hash ^ numbers[at]) * FNV_PRIME;
    }
    return hash != 0 ? hash : 1;
}

static void note(struct broker *broker, uint64_t hash) {
    instant now = broker_now(broker);
    instant into_day = (now % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY; /* also before 1970 */

    entries[hash % ENTRIES] = (struct entry){hash, now - into_day};
}

void daily_note(struct broker *broker, struct span name, uint64_t born_after, uint64_t number) {
    note(broker, hash_of(broker, name, born_after, 0));
    note(broker, hash_of(broker, name, born_after, number));
}

instant daily_find(struct broker *broker, struct span name, uint64_t born_after, uint64_t number) {
    uint64_t hash = hash_of(broker, name, born_after, number);
    const struct entry *entry = &entries[hash % ENTRIES];

    return entry->hash == hash ? entry->day : INT64_MIN;
}
