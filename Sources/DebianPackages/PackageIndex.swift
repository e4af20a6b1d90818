private import Foundation

/// The paragraphs of a Packages file, or of dpkg's status: found in one pass, understood when one is asked for.
///
/// A suite has some 65,000 paragraphs in 55 MB, of which a closure needs a few hundred.
struct PackageIndex: Sendable {
    /// What errors call it.
    let subject: String
    private let bytes: [UInt8]
    private var paragraphs: [(range: Range<Int>, line: Int)] = []
    private var byName: [String: [Int]] = [:]
    /// Paragraphs that provide a name.
    private var byProvided: [String: [Int]] = [:]
    /// Paragraphs that are essential, required, important or standard.
    private var basic: [Int] = []

    /// More would be no distribution.
    static let paragraphLimit = 1_000_000

    init(parsing bytes: [UInt8], subject: String) throws(DebianError) {
        self.bytes = bytes
        self.subject = subject
        var start: Int?
        var number = 0
        var lineNumber = 0
        var first = 0
        var isBasic = false
        var name: String?
        var provided: [String] = []
        func finish(_ end: Int, _ index: inout PackageIndex) throws(DebianError) {
            guard let begin = start else { return }
            guard let name else {
                throw .malformed(subject: subject, line: first, reason: "a paragraph names no package")
            }
            guard number < Self.paragraphLimit else {
                throw .malformed(subject: subject, line: first, reason: "more than \(Self.paragraphLimit) packages")
            }
            index.paragraphs.append((begin..<end, first))
            index.byName[name, default: []].append(number)
            for name in provided { index.byProvided[name, default: []].append(number) }
            if isBasic { index.basic.append(number) }
            number += 1
        }
        var position = 0
        while position < bytes.count {
            lineNumber += 1
            let end = Self.lineEnd(bytes, from: position)
            if end == position {
                try finish(position, &self)
                (start, name, provided, isBasic) = (nil, nil, [], false)
            } else {
                if start == nil { (start, first) = (position, lineNumber) }
                switch bytes[position] | 0x20 {
                case UInt8(ascii: "p"):
                    if let value = Self.value(of: "package:", bytes, position..<end) {
                        name = String(decoding: value, as: UTF8.self)
                    } else if let value = Self.value(of: "provides:", bytes, position..<end) {
                        provided = Self.names(value)
                    } else if let value = Self.value(of: "priority:", bytes, position..<end) {
                        let word = BinaryPackage.Priority(String(decoding: value, as: UTF8.self))
                        if word < .optional { isBasic = true }
                    }
                case UInt8(ascii: "e"):
                    if let value = Self.value(of: "essential:", bytes, position..<end), value.elementsEqual("yes".utf8)
                    {
                        isBasic = true
                    }
                default: break
                }
            }
            position = end + 1
        }
        try finish(bytes.count, &self)
    }

    /// All versions of a package that it lists.
    func packages(named name: String, isInstalled: Bool = false) throws(DebianError) -> [BinaryPackage] {
        try packages(byName[name] ?? [], isInstalled)
    }

    /// The names of the packages that provide a name.
    func providers(of name: String) -> [String] { (byProvided[name] ?? []).compactMap(self.name) }

    /// Names of the packages of the given priority or a higher one, and of the essential ones; sorted, each once.
    func basicNames(upTo priority: BinaryPackage.Priority) throws(DebianError) -> [String] {
        let found = try packages(basic, false).filter { $0.isEssential || $0.priority <= priority }
        return Set(found.map(\.name)).sorted()
    }

    /// What dpkg's status lists as installed.
    func installed() throws(DebianError) -> [BinaryPackage] {
        var result: [BinaryPackage] = []
        for (range, line) in paragraphs {
            let stanza = try ControlStanza(
                parsing: bytes[range], taking: BinaryPackage.fields, subject: subject, line: line)
            guard stanza["Status"]?.hasSuffix(" ok installed") == true else { continue }
            result.append(try BinaryPackage(stanza, isInstalled: true, subject: subject, line: line))
        }
        return result
    }

    private func packages(_ numbers: [Int], _ isInstalled: Bool) throws(DebianError) -> [BinaryPackage] {
        var result: [BinaryPackage] = []
        for number in numbers {
            let (range, line) = paragraphs[number]
            let stanza = try ControlStanza(
                parsing: bytes[range], taking: BinaryPackage.fields, subject: subject, line: line)
            result.append(try BinaryPackage(stanza, isInstalled: isInstalled, subject: subject, line: line))
        }
        return result
    }

    private func name(_ number: Int) -> String? {
        try? ControlStanza(
            parsing: bytes[paragraphs[number].range], taking: ["package"], subject: subject)["Package"]
    }

    /// Where the line that begins at `position` ends: at a line feed, or at the end of the file. By memchr(3), since there are
    /// 55 MB to look through.
    private static func lineEnd(_ bytes: [UInt8], from position: Int) -> Int {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress,
                let found = unsafe memchr(base + position, 10, buffer.count - position)
            else { return buffer.count }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// The value of a line whose field has this name, in lower case with its colon; names of fields have no case.
    private static func value(of field: String, _ bytes: [UInt8], _ line: Range<Int>) -> ArraySlice<UInt8>? {
        guard line.count > field.utf8.count else { return nil }
        for (offset, byte) in field.utf8.enumerated() where bytes[line.lowerBound + offset] | 0x20 != byte | 0x20 {
            return nil
        }
        var value = bytes[(line.lowerBound + field.utf8.count)..<line.upperBound].drop { $0 == 0x20 || $0 == 0x09 }
        while let last = value.last, last == 0x20 || last == 0x0d { value.removeLast() }
        return value
    }

    /// The names alone of a list `a, b (= 1), c:any`.
    private static func names(_ list: ArraySlice<UInt8>) -> [String] {
        list.split(separator: UInt8(ascii: ",")).map { entry in
            let name = entry.drop { $0 == 0x20 }.prefix {
                $0 != 0x20 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "(")
            }
            return String(decoding: name, as: UTF8.self)
        }
    }
}
