/**
 * How long every step of an order is remembered: as long as a queue may keep its message. The same for all steps,
 * since a step that forgot earlier would be done again (a card charged twice), and one that forgot later would be left
 * out (a new order without a cake).
 */
export const ORDER_WINDOW_SECONDS: number = 14 * 24 * 60 * 60;
