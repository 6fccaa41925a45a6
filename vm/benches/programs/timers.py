import asyncio
import uvloop


async def work(id):
    seed = id + 1
    for _ in range(10):
        seed = seed * 16807 % 2147483647
        await asyncio.sleep(seed / 2147483647 * 0.01)
    return seed % 1000


async def main():
    tasks = [asyncio.create_task(work(id)) for id in range(100_000)]
    total = 0
    for t in tasks:
        total += await t
    print(total)


uvloop.run(main())
