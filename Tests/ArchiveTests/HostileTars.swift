import Archive
import TestSupport

/// Tars that Python's tarfile makes, because our own writer refuses to.
enum HostileTars {
    /// `body` is Python that adds members to `t`, a tarfile open for writing, by `add(name, **attributes)`.
    static func make(_ body: String, mode: String = "w", in scratch: Scratch) throws -> [UInt8] {
        let program = """
            import io, sys, tarfile
            t = tarfile.open(sys.argv[1], sys.argv[2], format=tarfile.PAX_FORMAT)
            def add(name, data=b"x", **attributes):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                for key, value in attributes.items(): setattr(info, key, value)
                t.addfile(info, io.BytesIO(data))
            \(body)
            t.close()
            """
        let result = try Tool.run("python3", ["-c", program, scratch.file("hostile.tar"), mode])
        guard result.status == 0 else { throw Failed(reason: result.errors) }
        return try scratch.bytes("hostile.tar")
    }

    struct Failed: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }
}
