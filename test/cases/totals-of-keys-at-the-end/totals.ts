import { defineHandler } from 'millrace';

interface Sale {
  readonly shop: string;
  readonly amount: number;
}

export default defineHandler<Sale>({
  key: 'shop',
  topics: ['large'],
  handle(sale, { state }) {
    state.update<number>(total => (total ?? 0) + sale.amount);
  },
  end(context) {
    const total = context.state.get<number>()!;
    if (total > 100) context.emit('large', { shop: context.key });
    if (total < 0) throw new RangeError('more was given back than sold');
    context.count('shops');
    return { shop: context.key, total };
  },
});
