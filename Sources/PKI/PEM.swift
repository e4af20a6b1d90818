/// Textual encodings (RFC 7468): base64 between BEGIN and END lines, each line ended by a newline.
enum PEM {
    /// - Parameter width: characters per line: 64 for PEM, 70 as OpenSSH wraps its own formats.
    static func text(label: String, der: [UInt8], width: Int = 64) -> String {
        let characters = Base64.characters(der)
        var result: [UInt8] = Array("-----BEGIN \(label)-----\n".utf8)
        result.reserveCapacity(characters.count + characters.count / width + 128)
        for start in stride(from: 0, to: characters.count, by: width) {
            result += characters[start..<min(start + width, characters.count)]
            result.append(UInt8(ascii: "\n"))
        }
        result += "-----END \(label)-----\n".utf8
        return String(decoding: result, as: UTF8.self)
    }
}
