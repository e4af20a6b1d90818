/// What the tests need beside the programs that they ask, in Python.
enum SealingScripts {
    /// Runs `COMMAND…` at a terminal of its own: ANSWER, the number of questions, the questions, the command. Types the answer to each.
    static let terminal = #"""
        import os, pty, select, sys, time
        answer, count = sys.argv[1], int(sys.argv[2])
        questions, command = sys.argv[3:3 + count], sys.argv[3 + count:]
        process, terminal = pty.fork()
        if process == 0: os.execvp(command[0], command)
        seen, asked, end = b"", b"", time.time() + 90
        while time.time() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try: data = os.read(terminal, 4096)
                except OSError: break
                if not data: break
                seen, asked = seen + data, asked + data
            if questions and questions[0].encode() in asked:
                # Wait until the program has stopped showing what is typed.
                time.sleep(0.3)
                questions, asked = questions[1:], b""
                os.write(terminal, answer.encode() + b"\r")
        _, status = os.waitpid(process, 0)
        print(seen.decode(errors="replace"))
        sys.exit(os.waitstatus_to_exitcode(status))
        """#

    /// Exchanges the age file of a sealed bundle and makes every name above it right again.
    static let reseal = #"""
        import hashlib, json, sys
        source, age, target = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), sys.argv[3]
        members, at = [], 0
        while source[at] != 0:
            header = source[at:at + 512]
            size = int(header[124:135], 8)
            members.append([header, header[:100].rstrip(b"\0").decode(), source[at + 512:at + 512 + size]])
            at += 512 + (size + 511) // 512 * 512
        place = next(i for i, m in enumerate(members) if m[2].startswith(b"age-encryption.org/v1\n"))
        def renamed(value, old, new, size):
            if isinstance(value, list): return [renamed(each, old, new, size) for each in value]
            if not isinstance(value, dict): return value
            value = {key: renamed(each, old, new, size) for key, each in value.items()}
            return dict(value, digest=new, size=size) if value.get("digest") == old else value
        def exchange(index, content):
            old, new = ("sha256:" + hashlib.sha256(b).hexdigest() for b in (members[index][2], content))
            members[index][1:] = ["blobs/" + new.replace(":", "/"), content]
            for later in range(index + 1, len(members)):
                if old.encode() not in members[later][2]: continue
                document = renamed(json.loads(members[later][2]), old, new, len(content))
                changed = json.dumps(document, separators=(",", ":")).encode()
                if later == len(members) - 1: members[later][2] = changed
                else: exchange(later, changed)
        exchange(place, age)
        out = b""
        for header, name, content in members:
            block = bytearray(header)
            block[0:100] = name.encode().ljust(100, b"\0")
            block[124:136] = b"%011o " % len(content)
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            out += bytes(block) + content + b"\0" * (-len(content) % 512)
        open(target, "wb").write(out + b"\0" * 1024)
        """#
}
