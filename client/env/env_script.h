/* What the formats fish and make write around names and values, and import reads again. */
#ifndef GHOSTCTL_ENV_SCRIPT_H
#define GHOSTCTL_ENV_SCRIPT_H

#define ENV_SCRIPT_FISH_SET "set -gx "
#define ENV_SCRIPT_MAKE_IS " := "
#define ENV_SCRIPT_MAKE_END "$()" /* expands to nothing: the line does not end with the value */

#endif
