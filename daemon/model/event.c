#include "model/event.h"

const char *event_kind_text(enum event_kind kind) {
    switch (kind) {
    case EVENT_CREATED:
        return "created";
    case EVENT_UPDATED:
        return "updated";
    case EVENT_ROTATED:
        return "rotated";
    case EVENT_EXPIRED:
        return "expired";
    case EVENT_DELETED:
        return "deleted";
    case EVENT_CLEANED:
        return "cleaned";
    case EVENT_FAILED:
        return "failed";
    case EVENT_RESTORED:
        return "restored";
    case EVENT_PENDING:
        return "pending";
    case EVENT_PROMOTED:
        return "promoted";
    case EVENT_DISCARDED:
        return "discarded";
    }
    return "";
}
