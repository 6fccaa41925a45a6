import asyncio
import uvloop


async def work(x):
    return x * 2


async def main():
    total = 0
    for _ in range(2000):
        tasks = [asyncio.create_task(work(j)) for j in range(1000)]
        for t in tasks:
            total += await t
    print(total)


uvloop.run(main())
