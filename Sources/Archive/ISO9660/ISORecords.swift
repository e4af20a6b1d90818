/// A directory record (ECMA-119 9.1) by its place in the image. It holds no bytes of the image: a slice would make the next
/// change of the image copy all of it.
struct ISORecord {
    /// What a record stands for in its directory.
    enum Kind {
        /// The directory itself, first record of each.
        case current
        /// The directory above, second record of each.
        case parent
        case directory
        case file
    }

    let kind: Kind
    /// Byte offset in the image.
    let offset: Int
    let length: Int
    let identifier: Range<Int>
    /// First sector and bytes of what the record describes.
    let extent: Int
    let size: Int

    /// The system use area, behind the identifier and its padding.
    var systemUse: Range<Int> {
        let start = identifier.upperBound + (identifier.count % 2 == 0 ? 1 : 0)
        return start..<max(start, offset + length)
    }
}

/// One entry of a system use area (SUSP IEEE P1281 5), by its place in the image.
struct ISOSystemUseEntry {
    /// What an entry is, by its two letters.
    enum Kind: Equatable {
        /// NM: a piece of the name.
        case name
        /// PX: mode, links, owner, serial number.
        case attributes
        /// TF: times.
        case times
        /// CE: where the area goes on.
        case continuation
        case other
    }

    let kind: Kind
    /// Byte offset in the image.
    let offset: Int
    let length: Int

    init(first: UInt8, second: UInt8, offset: Int, length: Int) {
        kind =
            switch (first, second) {
            case (UInt8(ascii: "N"), UInt8(ascii: "M")): .name
            case (UInt8(ascii: "P"), UInt8(ascii: "X")): .attributes
            case (UInt8(ascii: "T"), UInt8(ascii: "F")): .times
            case (UInt8(ascii: "C"), UInt8(ascii: "E")): .continuation
            default: .other
            }
        self.offset = offset
        self.length = length
    }
}

/// Reading of directory records and system use areas; every offset comes from the image and is checked.
extension ISOImage {
    func record(at offset: Int) throws(ArchiveError) -> ISORecord {
        let length = Int(try byte(at: offset))
        let identifierLength = Int(try byte(at: offset + 32))
        guard identifierLength > 0, length >= 33 + identifierLength, offset + length <= bytes.count else {
            throw .unexpectedImage(reason: "the directory record at byte \(offset) is damaged")
        }
        let identifier = (offset + 33)..<(offset + 33 + identifierLength)
        let kind: ISORecord.Kind =
            switch (identifierLength, bytes[identifier.lowerBound]) {
            case (1, 0): .current
            case (1, 1): .parent
            default: bytes[offset + 25] & 0x02 != 0 ? .directory : .file
            }
        return ISORecord(
            kind: kind, offset: offset, length: length, identifier: identifier, extent: try number(at: offset + 2),
            size: try number(at: offset + 10))
    }

    /// All records of a directory. A record does not cross a sector; a length of 0 says that the rest of the sector is empty.
    func records(of directory: ISORecord) throws(ArchiveError) -> [ISORecord] {
        let start = directory.extent * Self.sectorSize
        let end = start + directory.size
        guard end <= bytes.count else { throw .unexpectedImage(reason: "a directory lies behind the end") }
        var result: [ISORecord] = []
        var offset = start
        while offset < end {
            if bytes[offset] == 0 {
                offset = (offset / Self.sectorSize + 1) * Self.sectorSize
                continue
            }
            let next = try record(at: offset)
            result.append(next)
            offset += next.length
        }
        return result
    }

    /// The entries of a record's system use area, continuation areas (CE) included.
    func systemUse(of record: ISORecord) throws(ArchiveError) -> [ISOSystemUseEntry] {
        var entries: [ISOSystemUseEntry] = []
        var areas = [record.systemUse]
        var followed = 0
        while let area = areas.popLast() {
            guard area.upperBound <= bytes.count else {
                throw .unexpectedImage(reason: "a continuation area lies behind the end")
            }
            var offset = area.lowerBound
            // A single byte may be left over as padding.
            while offset + 4 <= area.upperBound, bytes[offset] != 0 {
                let length = Int(bytes[offset + 2])
                guard length >= 4, offset + length <= area.upperBound else {
                    throw .unexpectedImage(reason: "the system use entry at byte \(offset) is damaged")
                }
                let entry = ISOSystemUseEntry(
                    first: bytes[offset], second: bytes[offset + 1], offset: offset, length: length)
                entries.append(entry)
                if entry.kind == .continuation, length >= 28 {
                    let start = try number(at: offset + 4) * Self.sectorSize + number(at: offset + 12)
                    areas.append(start..<(start + (try number(at: offset + 20))))
                    followed += 1
                    guard followed < 64 else { throw .unexpectedImage(reason: "continuation areas form a circle") }
                }
                offset += length
            }
        }
        return entries
    }

    /// The Rock Ridge name among a record's system use entries.
    func rockRidgeName(_ entries: [ISOSystemUseEntry]) -> String {
        var name: [UInt8] = []
        for entry in entries where entry.kind == .name && entry.length > 5 {
            name += bytes[(entry.offset + 5)..<(entry.offset + entry.length)]
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// A record's Joliet name: UCS-2, big-endian. Ours are ASCII.
    func jolietName(_ record: ISORecord) -> String {
        var name: [UInt8] = []
        for index in stride(from: record.identifier.lowerBound, to: record.identifier.upperBound - 1, by: 2)
        where bytes[index] == 0 {
            name.append(bytes[index + 1])
        }
        if name.suffix(2).elementsEqual(";1".utf8) { name.removeLast(2) }
        return String(decoding: name, as: UTF8.self)
    }

    private func byte(at offset: Int) throws(ArchiveError) -> UInt8 {
        guard offset >= 0, offset < bytes.count else {
            throw .unexpectedImage(reason: "byte \(offset) lies behind the end")
        }
        return bytes[offset]
    }

    /// The little-endian half of a number in both orders (ECMA-119 7.3.3).
    private func number(at offset: Int) throws(ArchiveError) -> Int {
        var value = 0
        for index in 0..<4 { value |= Int(try byte(at: offset + index)) << (8 * index) }
        return value
    }
}
