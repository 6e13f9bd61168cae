/** Asks politely: what is looked at first, its neighbours next, and never more than six at once. */

export type Job = [key: string, what: () => Promise<unknown>];

export class Queue {
  private readonly first: Job[] = [];
  private readonly later = new Map<object, Job[]>(); // whose; served in turn
  private readonly running = new Map<string, Promise<unknown>>();

  constructor(private readonly most = 6) {}

  /** Do a job before everything else that waits; `what` may find that it was done meanwhile. */
  now<Found>(key: string, what: () => Promise<Found>): Promise<Found> {
    const started = this.running.get(key);
    if (started) return started.then(what);
    return new Promise((give, fail) => {
      this.first.unshift([key, () => what().then(give, fail)]);
      this.start();
    });
  }

  /** Do `jobs` when nothing else is wanted; they replace what `owner` wanted before. */
  whenIdle(owner: object, jobs: Job[]): void {
    this.later.delete(owner);
    this.later.set(owner, jobs);
    this.start();
  }

  private idle(): Job | undefined {
    for (const [owner, jobs] of this.later) {
      this.later.delete(owner);
      const job = jobs.shift();
      if (!job) continue;
      this.later.set(owner, jobs); // behind the others
      if (!this.running.has(job[0])) return job;
    }
    return undefined;
  }

  private start(): void {
    while (this.running.size < this.most) {
      const next = this.first.shift() ?? this.idle();
      if (!next) return;
      const [key, what] = next;
      const started = (this.running.get(key) ?? Promise.resolve())
        .then(what)
        .catch(() => undefined) // who wanted it hears of it by its own promise
        .finally(() => {
          if (this.running.get(key) === started) this.running.delete(key);
          this.start();
        });
      this.running.set(key, started);
    }
  }
}

/** Return the places around `index` of `count`, nearest first, at most `most` of them. */
export function around(index: number, count: number, most: number): number[] {
  const found: number[] = [];
  for (let step = 1; step < count && found.length < most; step += 1) {
    if (index + step < count) found.push(index + step);
    if (index - step >= 0) found.push(index - step);
  }
  return found.slice(0, most);
}
