import Values

/// The answer to a request by HTTP/1.1 on a connection that ends with it (RFC 9112).
enum HTTPMessage {
    static func request(_ path: String, _ address: IPv4Address, _ port: UInt16) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: \(address):\(port)\r\nAccept: */*\r\nConnection: close\r\n\r\n".utf8)
    }

    static func answer(_ bytes: [UInt8]) -> ProbeAnswer {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else {
            let reason = bytes.isEmpty ? "the connection was closed" : "the answer is not HTTP"
            return ProbeAnswer(outcome: .unanswered(reason))
        }
        let head = String(decoding: bytes[..<end], as: UTF8.self).split(whereSeparator: \.isNewline)
        let status = (head.first ?? "").split(separator: " ")
        guard status.count > 1, status[0].hasPrefix("HTTP/1."), let code = Int(status[1]) else {
            return ProbeAnswer(outcome: .unanswered("the answer is not HTTP"))
        }
        var body = bytes[(end + 4)...]
        let isChunked = head.contains { line in
            let line = line.lowercased()
            return line.hasPrefix("transfer-encoding:") && line.hasSuffix("chunked")
        }
        // HAProxy's statistics come in chunks whatever version is asked for.
        if isChunked { body = chunks(body)[...] }
        return ProbeAnswer(
            outcome: code == 200 ? .succeeded : .refused("HTTP status \(code)"),
            text: String(decoding: body, as: UTF8.self))
    }

    /// What the chunks hold, up to the last whole one.
    private static func chunks(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var (rest, content): (ArraySlice<UInt8>, [UInt8]) = (bytes, [])
        while let end = rest.firstIndex(of: 13) {
            let digits = String(decoding: rest[..<end], as: UTF8.self).prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size > 0, size <= rest.endIndex - end - 2 else { break }
            content += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 2 + size)...].dropFirst(2)
        }
        return content
    }
}

/// A question for the addresses of a name and its answer (RFC 1035, 4).
enum DNSMessage {
    private static let number: [UInt8] = [0x51, 0x9E]

    static func question(_ name: String) -> [UInt8] {
        // Recursion wanted, one question.
        var bytes = number + [1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.split(separator: ".") {
            bytes.append(UInt8(truncatingIfNeeded: label.utf8.count))
            bytes += Array(label.utf8)
        }
        // The root, type A, class IN.
        return bytes + [0, 0, 1, 0, 1]
    }

    static func answer(_ bytes: [UInt8]) -> ProbeAnswer {
        guard bytes.count >= 12, Array(bytes[0..<2]) == number, bytes[2] & 0x80 != 0 else {
            return ProbeAnswer(outcome: .unanswered("the answer is not one of DNS"))
        }
        let codes = [0: "", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"]
        let code = Int(bytes[3] & 0x0F)
        guard code == 0 else { return ProbeAnswer(outcome: .refused(codes[code] ?? "code \(code)")) }
        var reader = Reader(bytes: bytes, position: 12)
        var addresses: [String] = []
        for _ in 0..<reader.number(at: 4) {
            reader.skipName()
            reader.position += 4
        }
        for _ in 0..<reader.number(at: 6) {
            reader.skipName()
            let (type, length) = (reader.number(at: reader.position), reader.number(at: reader.position + 8))
            let data = reader.position + 10
            guard data + length <= bytes.count else { break }
            if type == 1, length == 4 {
                addresses.append(bytes[data..<data + 4].map { "\($0)" }.joined(separator: "."))
            }
            reader.position = data + length
        }
        return ProbeAnswer(outcome: .succeeded, text: addresses.joined(separator: "\n"))
    }

    private struct Reader {
        let bytes: [UInt8]
        var position: Int

        /// Two bytes; 0 behind the end.
        func number(at index: Int) -> Int {
            index + 1 < bytes.count ? Int(bytes[index]) << 8 | Int(bytes[index + 1]) : 0
        }

        /// Labels up to the root, or up to a pointer to where the rest stands.
        mutating func skipName() {
            while position < bytes.count {
                let length = Int(bytes[position])
                if length >= 0xC0 {
                    position += 2
                    return
                }
                position += 1 + length
                if length == 0 { return }
            }
        }
    }
}
