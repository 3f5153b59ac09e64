# A WebSocket service that wants a JSON object with an "op", and closes with 1008 when it gets anything else: its port.
import asyncio, json, sys
from websockets.asyncio.server import serve

async def talk(socket):
    async for message in socket:
        try:
            request = json.loads(message)
            await socket.send(json.dumps({"op": request["op"], "price": 42}))
        except (ValueError, TypeError, KeyError):
            await socket.close(1008, "no op in it")

async def main():
    async with serve(talk, "127.0.0.1", int(sys.argv[1])) as server:
        print("listening", flush=True)
        await server.serve_forever()

asyncio.run(main())
