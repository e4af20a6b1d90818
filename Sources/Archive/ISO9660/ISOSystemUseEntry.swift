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
