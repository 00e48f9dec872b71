import { defineHandler } from 'millrace';

interface Order {
  readonly shop: string;
  readonly amount: number;
  readonly kills?: boolean;
}

/** Called with up to three orders of one shop. */
export default defineHandler<Order>({
  key: 'shop',
  batch: { size: 3, per: 'key' },
  concurrency: 2,
  topics: ['audit'],
  async handle(orders, context) {
    if (orders.some(order => order.amount === 13)) throw new RangeError('the whole batch is refused');
    if (orders.some(order => order.kills)) while (true);
    const total = orders.reduce((sum, order) => sum + order.amount, context.state.get<number>() ?? 0);
    context.state.set(total);
    context.emit('audit', { shop: context.key, orders: orders.length, total });
    return orders.map((order, index) => {
      if (order.amount < 0) return new Error(`refused: ${order.amount}`);
      context.of(index).count('accepted');
      return { shop: context.of(index).key, amount: order.amount };
    });
  },
});
