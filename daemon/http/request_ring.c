#include "http/request_ring.h"

void request_ring_clear(struct request_ring *ring) {
    /* a place that was never used takes no memory, and is not touched */
    size_t used = ring->last < GK_REQUESTS_KEPT ? (size_t)ring->last + 1 : GK_REQUESTS_KEPT;

    for (size_t at = 0; at < used; at++) {
        ring->items[at].peer = peer_unref(ring->items[at].peer);
        ring->items[at].seq = 0;
    }
    ring->last = 0;
}

static uint8_t copy(char *place, size_t place_bytes, struct span text) {
    size_t len = text.len < place_bytes ? text.len : place_bytes;

    if (len > 0) {
        memcpy(place, text.data, len);
    }
    return (uint8_t)len;
}

struct seen_request *request_ring_add(
        struct request_ring *ring, struct peer *peer, struct span name, struct span fault) {
    struct seen_request *item;

    ring->last += 1;
    item = &ring->items[ring->last % GK_REQUESTS_KEPT];
    if (item->peer != peer) { /* most requests come from few peers */
        (void)peer_unref(item->peer);
        item->peer = peer != NULL ? peer_ref(peer) : NULL;
    }
    item->seq = ring->last;
    item->name_len = copy(item->name, sizeof(item->name), name);
    item->fault_len = copy(item->fault, sizeof(item->fault), fault);
    return item;
}

const struct seen_request *request_ring_after(const struct request_ring *ring, uint64_t seq) {
    uint64_t dropped = ring->last > GK_REQUESTS_KEPT ? ring->last - GK_REQUESTS_KEPT : 0;
    uint64_t first = seq < dropped || seq > ring->last ? dropped + 1 : seq + 1;

    return first <= ring->last ? &ring->items[first % GK_REQUESTS_KEPT] : NULL;
}

const struct seen_request *request_ring_next(
        const struct request_ring *ring, const struct seen_request *request) {
    return request->seq < ring->last ? &ring->items[(request->seq + 1) % GK_REQUESTS_KEPT] : NULL;
}
