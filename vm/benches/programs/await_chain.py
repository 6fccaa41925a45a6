import asyncio
import sys
import uvloop

sys.setrecursionlimit(10_000)


async def deep(n):
    if n == 0:
        await asyncio.sleep(0)
        return 0
    return await deep(n - 1) + 1


async def main():
    total = 0
    for _ in range(3000):
        total += await deep(1000)
    print(total)


uvloop.run(main())
