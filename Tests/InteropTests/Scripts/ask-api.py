"""ask-api.py URL COUNT ROOT: asks COUNT times over a new, verified connection each; prints who answered, or nobody."""
import ssl
import sys
import urllib.request

url, count, root = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
for _ in range(int(count)):
    try:
        print(opener.open(url, timeout=5).read().decode())
    except ssl.SSLCertVerificationError as error:
        print("refused:", error)
    except OSError as error:
        verification = isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError)
        print(f"refused: {error}" if verification else "nobody")
