import Archive

/// Good archives, and some that try something, as inputs to begin with.
enum Tars {
    static func seeds() throws -> [[UInt8]] {
        let plain = try TarWriter.bytes(of: [
            .file("v3/README", Array("read me\n".utf8)), .file("v3/etcd", [UInt8](repeating: 7, count: 700)),
            .directory("v3/d"),
        ])
        let long = try TarWriter.bytes(of: [.file("v3/a/" + String(repeating: "n", count: 180) + "/b", [1])])
        // The pax record for a long name, before a member of another kind.
        let mixed = Array(long.prefix(1024)) + plain
        return [plain, long, mixed]
    }

    /// With every checksum as it must be, where a block looks like a header.
    static func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for start in stride(from: 0, to: bytes.count - 511, by: 512)
        where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            var sum = 8 * 32
            for index in start..<start + 512 where !(148..<156).contains(index - start) { sum += Int(bytes[index]) }
            let digits = String(sum, radix: 8)
            let field = Array((String(repeating: "0", count: max(0, 6 - digits.count)) + digits).utf8) + [0, 0x20]
            bytes.replaceSubrange(start + 148..<start + 156, with: field.prefix(8))
        }
        return bytes
    }
}

/// The forms in which upstream packs, without compression.
enum Packing {
    /// RFC 1952, with stored blocks (RFC 1951, 3.2.4).
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(0xFFFF)
            rest = rest.dropFirst(block.count)
            result += [rest.isEmpty ? 1 : 0] + little(block.count, 2) + little(~block.count, 2) + block
        } while !rest.isEmpty
        return result + little(Int(checksum(bytes)), 4) + little(bytes.count, 4)
    }

    /// APPNOTE.TXT 4.3: local headers with contents, the directory, its end.
    static func zip(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var (result, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in files {
            let shared =
                little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(Int(checksum(bytes)), 4)
                + little(bytes.count, 4) + little(bytes.count, 4) + little(name.utf8.count, 2) + little(0, 2)
            directory += [0x50, 0x4B, 1, 2] + little(0x031E, 2) + shared
            directory +=
                little(0, 2) + little(0, 2) + little(0, 2) + little(0o100644 << 16, 4) + little(result.count, 4)
            directory += name.utf8
            result += [0x50, 0x4B, 3, 4] + shared + name.utf8 + bytes
        }
        let end =
            [0x50, 0x4B, 5, 6] + little(0, 4) + little(files.count, 2) + little(files.count, 2)
            + little(directory.count, 4) + little(result.count, 4) + little(0, 2)
        return result + directory + end
    }

    private static func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// CRC-32 as in RFC 1952, 8.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }
        return ~value
    }
}
