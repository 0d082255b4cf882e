#include "broker/own.h"

#include "broker/broker_internal.h"

bool broker_own_get(
        struct broker *broker, enum owner owner, struct span key, struct span *ret_bytes) {
    return store_get_own(broker->store, owner, key, ret_bytes);
}

int broker_own_put(struct broker *broker, enum owner owner, struct span key, struct span bytes) {
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    return verb_end(broker, store_put_own(broker->store, owner, key, bytes));
}

int broker_own_delete(struct broker *broker, enum owner owner, struct span key) {
    int error = store_open_turn(broker->store);

    if (error != 0) {
        return error;
    }
    return verb_end(broker, store_delete_own(broker->store, owner, key));
}

int broker_own_walk(struct broker *broker, enum owner owner, struct span prefix,
        int (*visit)(void *userdata, struct span key, struct span bytes), void *userdata) {
    return store_walk_own(broker->store, owner, prefix, visit, userdata);
}
