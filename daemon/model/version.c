#include "model/version.h"

const char *cause_text(enum cause cause) {
    switch (cause) {
    case CAUSE_PUT:
        return "put";
    case CAUSE_PATCH:
        return "patch";
    case CAUSE_ROTATE:
        return "rotate";
    case CAUSE_EXPIRY:
        return "expiry";
    case CAUSE_DELETE:
        return "delete";
    case CAUSE_CLEANUP:
        return "cleanup";
    case CAUSE_RESTORE:
        return "restore";
    case CAUSE_PROMOTE:
        return "promote";
    case CAUSE_DISCARD:
        return "discard";
    case CAUSE_STAGE:
        return "stage";
    }
    return "";
}
