/** When an account looks like no person (`accountReason` of the contract). */

/** Whoever says the same of this many has not said anything. */
export const fewestConstant = 20;
/** Nobody judges more films than this in an hour, and hardly anybody gives nearly all of their ratings in one. */
export const fewestInBurst = 200;
export const burstShare = 0.9;
export const everythingShare = 0.5;
export const fewestEverything = 100;
/** Fewer ratings than this, and little can be learnt about a user or an item. */
export const coldBelow = 5;
