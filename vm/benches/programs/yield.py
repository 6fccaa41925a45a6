import asyncio
import uvloop


async def turn(n):
    for _ in range(n):
        await asyncio.sleep(0)
    return n


async def main():
    a = asyncio.create_task(turn(5_000_000))
    b = asyncio.create_task(turn(5_000_000))
    print(await a + await b)


uvloop.run(main())
