//! Where objects lie: pages of 64 KiB with slots of one size, their mark bits in front.
//!
//! An object's page is found by masking its address, its mark bit by the address within the page, so marking a leaf
//! never touches the object. An object that is too large for a slot has an allocation of its own with the same head
//! and the same alignment; marking does not tell them apart.
//!
//! After marking, [`Pages::census`] counts each page's marks. Pages with free slots wait in a list of their size class;
//! the allocator takes them one by one and hands out their runs of unmarked slots by moving a pointer. The run's memory
//! is never swept otherwise. Only objects with Rust data need a visit when they die (`has drop`): these have pages of
//! their own, in which a free slot's kind is 0, and which are reaped before they are handed out or
//! step by step until the next collection.

use std::{
    alloc::{Layout, alloc, dealloc, handle_alloc_error},
    ptr::null_mut,
};

use super::{object::Header, reap::Reaper};

pub const PAGE_SIZE: usize = 1 << 16;
/// What the mark bits count in, and every slot's alignment.
const GRANULE: usize = 8;
const MARK_WORDS: usize = PAGE_SIZE / GRANULE / 64;
/// The first slot's offset in its page.
pub const FIRST_SLOT: usize = size_of::<Page>();
const ROOM: usize = PAGE_SIZE - FIRST_SLOT;
/// Pages are got from the global allocator in chunks: of so many at first, and of a quarter of what there is, up to a limit. The
/// allocator loses up to a page for each to the alignment.
const CHUNK_PAGES: std::ops::RangeInclusive<usize> = 16..=62;

struct Chunk {
    start: *mut u8,
    pages: usize,
}

impl Chunk {
    fn bytes(&self) -> usize {
        self.pages * PAGE_SIZE
    }
}
/// A page with less than this part of its slots free is not worth finding its short runs.
const MIN_FREE_PART: u32 = 16;

/// The head of a page, or of a large object's allocation.
#[repr(C, align(64))]
pub struct Page {
    /// By address: one bit for each granule of the page, used where an object starts.
    marks: [u64; MARK_WORDS],
    /// Of a slot, or of the one large object.
    pub slot_size: usize,
    /// Slots.
    pub capacity: u32,
    /// Marked slots at the last census.
    pub live: u32,
    /// Where it stands in `Pages::used` or `Pages::large`.
    index: u32,
    pub class: u8,
    /// Objects in it have to be reaped when they die.
    pub has_drop: bool,
    /// Has drop: no dead objects of the last cycle are left in it.
    reaped: bool,
    /// Runs of it were handed out since free slots were overwritten.
    touched: bool,
    /// A task was made in it.
    has_tasks: bool,
}

const _: () = assert!(FIRST_SLOT == MARK_WORDS * 8 + 64);

// ---- size classes

/// Slot sizes: steps of at most a quarter, from 1,024 on what divides a page well.
const SIZES: [u16; 54] = {
    let mut sizes = [0; 54];
    let (mut n, mut size) = (0, 16);
    while size <= 1024 {
        sizes[n] = size as u16;
        n += 1;
        size += if size < 128 {
            8
        } else if size < 256 {
            16
        } else if size < 512 {
            32
        } else {
            64
        };
    }
    let per_page = [50, 40, 32, 25, 20, 16, 13, 10, 8, 7, 6, 5, 4, 3, 2];
    let mut i = 0;
    while i < per_page.len() {
        sizes[n] = (ROOM / per_page[i] / GRANULE * GRANULE) as u16;
        n += 1;
        i += 1;
    }
    assert!(n == sizes.len());
    sizes
};

/// Classes of slot sizes, first those without, then those with drop.
pub const CLASSES: usize = 2 * SIZES.len();
/// Larger objects have an allocation of their own.
pub const MAX_SLOT: usize = SIZES[SIZES.len() - 1] as usize;

const TABLE_MAX: usize = 1024;
const CLASS_TABLE: [u8; TABLE_MAX / GRANULE + 1] = {
    let mut table = [0; TABLE_MAX / GRANULE + 1];
    let mut i = 0;
    while i < table.len() {
        table[i] = search_class(i * GRANULE) as u8;
        i += 1;
    }
    table
};

const fn search_class(bytes: usize) -> usize {
    let mut class = 0;
    while (SIZES[class] as usize) < bytes {
        class += 1;
    }
    class
}

/// The class for objects of so many bytes, at most [`MAX_SLOT`].
#[inline(always)]
pub const fn class_of(bytes: usize, has_drop: bool) -> usize {
    debug_assert!(bytes <= MAX_SLOT);
    let class =
        if bytes <= TABLE_MAX { CLASS_TABLE[bytes.div_ceil(GRANULE)] as usize } else { search_class(bytes) };
    if has_drop { class + SIZES.len() } else { class }
}

#[inline(always)]
pub const fn slot_size(class: usize) -> usize {
    SIZES[if class < SIZES.len() { class } else { class - SIZES.len() }] as usize
}

// ---- marks

#[inline(always)]
fn page_of(object: *mut Header) -> *mut Page {
    object.map_addr(|address| address & !(PAGE_SIZE - 1)).cast()
}

#[inline(always)]
fn mark_place(object: *mut Header) -> (usize, u64) {
    let granule = (object.addr() & (PAGE_SIZE - 1)) / GRANULE;
    (granule / 64, 1 << (granule % 64))
}

/// Marks an object; whether it was not marked before.
///
/// # Safety
/// `object` is the start of an object in a page or large allocation of a living heap.
#[inline(always)]
pub unsafe fn mark(object: *mut Header) -> bool {
    let (word, bit) = mark_place(object);
    // SAFETY: every object lies behind the head that its masked address gives; nobody holds references to marks.
    let word = unsafe { &mut (*page_of(object)).marks[word] };
    let fresh = *word & bit == 0;
    *word |= bit;
    fresh
}

/// # Safety
/// As [`mark`]; or a slot of a page.
unsafe fn unmark(slot: *mut Header) {
    let (word, bit) = mark_place(slot);
    // SAFETY: as in `mark`.
    unsafe { (*page_of(slot)).marks[word] &= !bit }
}

/// # Safety
/// As [`mark`].
#[inline(always)]
pub unsafe fn is_marked(object: *mut Header) -> bool {
    let (word, bit) = mark_place(object);
    // SAFETY: as in `mark`.
    unsafe { (*page_of(object)).marks[word] & bit != 0 }
}

// ---- pages

/// Notes that a task was made.
///
/// # Safety
/// As [`mark`].
#[inline(always)]
pub unsafe fn note_task(object: *mut Header) {
    // SAFETY: as in `mark`.
    unsafe { (*page_of(object)).has_tasks = true }
}

/// How far a walk over the tasks has come. Pages only join at the end between two collections.
#[derive(Default)]
pub struct TaskCursor {
    page: usize,
    slot: usize,
    large: usize,
}

impl Pages {
    /// The next object in a page where tasks are; some of them may be dead, or free slots of kind 0.
    pub fn next_near_tasks(&self, cursor: &mut TaskCursor) -> Option<*mut Header> {
        while let Some(&page) = self.used.get(cursor.page) {
            // SAFETY: pages in the lists are initialised, and slots below `capacity` belong to them.
            unsafe {
                if (*page).has_tasks && cursor.slot < (*page).capacity as usize {
                    cursor.slot += 1;
                    return Some(page.byte_add(FIRST_SLOT + (cursor.slot - 1) * (*page).slot_size).cast());
                }
            }
            (cursor.page, cursor.slot) = (cursor.page + 1, 0);
        }
        while let Some(&page) = self.large.get(cursor.large) {
            cursor.large += 1;
            // SAFETY: as above.
            unsafe {
                if (*page).has_tasks {
                    return Some(page.byte_add(FIRST_SLOT).cast());
                }
            }
        }
        None
    }
}

impl Page {
    /// # Safety
    /// `page` is the page's own address: the whole page belongs to it.
    pub unsafe fn slots(page: *mut Page) -> impl Iterator<Item = *mut Header> {
        // SAFETY: heads are initialised when a page is taken into use.
        let (capacity, size) = unsafe { ((*page).capacity as usize, (*page).slot_size) };
        // SAFETY: `capacity` slots fit behind the head.
        (0..capacity).map(move |i| unsafe { page.byte_add(FIRST_SLOT + i * size).cast() })
    }
}

/// Free slots from `cursor` to `end`, for one class.
#[derive(Clone, Copy)]
pub struct Run {
    pub cursor: *mut Header,
    pub end: *mut Header,
}

impl Run {
    const EMPTY: Run = Run { cursor: null_mut(), end: null_mut() };
}

/// From where the next run of a class comes.
struct Source {
    /// The page whose runs are being handed out; null: none.
    page: *mut Page,
    /// Its slots below this number are done.
    next_slot: u32,
    /// Pages with free slots; the last is next.
    pages: Vec<*mut Page>,
}

pub struct Pages {
    pub runs: [Run; CLASSES],
    sources: [Source; CLASSES],
    /// All pages with a class.
    pub used: Vec<*mut Page>,
    pub large: Vec<*mut Page>,
    free: Vec<*mut Page>,
    chunks: Vec<Chunk>,
    /// Pages in which dead objects of the last cycle may wait to be reaped.
    unreaped: Vec<*mut Page>,
    /// What is handed out is marked already: a marking is under way.
    marks_new: bool,
}

/// What is alive after a collection.
#[derive(Clone, Copy, Default)]
pub struct Census {
    pub objects: usize,
    /// Whole slots, without buffers.
    pub bytes: usize,
}

impl Pages {
    pub fn new() -> Pages {
        Pages {
            runs: [Run::EMPTY; CLASSES],
            sources: std::array::from_fn(|_| Source { page: null_mut(), next_slot: 0, pages: Vec::new() }),
            used: Vec::new(),
            large: Vec::new(),
            free: Vec::new(),
            chunks: Vec::new(),
            unreaped: Vec::new(),
            marks_new: false,
        }
    }

    /// Puts a new run into `runs[class]` and gives its size in bytes.
    pub fn refill(&mut self, class: usize, reaper: &mut Reaper) -> usize {
        loop {
            let source = &mut self.sources[class];
            if source.page.is_null() {
                match source.pages.pop() {
                    Some(page) => {
                        (source.page, source.next_slot) = (page, 0);
                        self.reap(page, reaper);
                    }
                    None => return self.take_page(class, reaper),
                }
                continue;
            }
            // SAFETY: `source.page` is a used page of this class.
            match unsafe { find_run(source.page, source.next_slot) } {
                Some((start, end)) => {
                    source.next_slot = end;
                    let size = slot_size(class);
                    let at = |slot: u32| {
                        // SAFETY: slots `start..end` belong to the page.
                        unsafe { source.page.byte_add(FIRST_SLOT + slot as usize * size).cast() }
                    };
                    self.runs[class] = Run { cursor: at(start), end: at(end) };
                    // SAFETY: a used page.
                    unsafe { (*source.page).touched = true };
                    return (end - start) as usize * size;
                }
                None => source.page = null_mut(),
            }
        }
    }

    /// A whole new page as the run of a class.
    fn take_page(&mut self, class: usize, reaper: &mut Reaper) -> usize {
        // Reaping may give pages back; only a few at a time, so that no allocation takes long.
        for _ in 0..8 {
            if !self.free.is_empty() || !self.reap_next(reaper) {
                break;
            }
        }
        let page = match self.free.pop() {
            Some(page) => page,
            None => self.new_chunk(),
        };
        let size = slot_size(class);
        let has_drop = class >= SIZES.len();
        let capacity = ROOM / size;
        let head = Page {
            marks: [0; MARK_WORDS],
            slot_size: size,
            capacity: capacity as u32,
            live: 0,
            index: self.used.len() as u32,
            class: class as u8,
            has_drop,
            reaped: true,
            touched: true,
            has_tasks: false,
        };
        // SAFETY: a free page is 64 KiB of memory that nobody uses.
        let (start, end) = unsafe {
            page.write(head);
            if has_drop {
                for slot in Page::slots(page) {
                    slot.cast::<u64>().write(0);
                }
            }
            let start: *mut Header = page.byte_add(FIRST_SLOT).cast();
            (start, start.byte_add(capacity * size))
        };
        if self.marks_new {
            // SAFETY: all slots belong to the page.
            unsafe { Page::slots(page) }.for_each(|slot| {
                // SAFETY: as above.
                unsafe { mark(slot) };
            });
        }
        self.used.push(page);
        self.runs[class] = Run { cursor: start, end };
        capacity * size
    }

    fn new_chunk(&mut self) -> *mut Page {
        let pages = (self.used.len() / 4).clamp(*CHUNK_PAGES.start(), *CHUNK_PAGES.end());
        let start = allocate(pages * PAGE_SIZE);
        use_small_pages(start, pages * PAGE_SIZE);
        self.chunks.push(Chunk { start, pages });
        for i in (1..pages).rev() {
            // SAFETY: the chunk has that many pages.
            self.free.push(unsafe { start.add(i * PAGE_SIZE) }.cast());
        }
        start.cast()
    }

    /// Memory for one object that no slot can hold.
    pub fn new_large(&mut self, bytes: usize, has_drop: bool) -> *mut Header {
        let bytes = bytes.next_multiple_of(GRANULE);
        let page: *mut Page = allocate(FIRST_SLOT + bytes).cast();
        let head = Page {
            marks: [0; MARK_WORDS],
            slot_size: bytes,
            capacity: 1,
            live: 0,
            index: self.large.len() as u32,
            class: u8::MAX,
            has_drop,
            reaped: true,
            touched: true,
            has_tasks: false,
        };
        self.large.push(page);
        // SAFETY: it was allocated with room for both.
        unsafe {
            page.write(head);
            let object = page.byte_add(FIRST_SLOT).cast();
            if self.marks_new {
                mark(object);
            }
            object
        }
    }

    /// Taken from the system.
    pub fn bytes(&self) -> usize {
        // SAFETY: heads in the list are initialised.
        let large = self.large.iter().map(|&page| unsafe { FIRST_SLOT + (*page).slot_size });
        self.chunks.iter().map(Chunk::bytes).sum::<usize>() + large.sum::<usize>()
    }

    // ---- collection

    /// Makes every object white. What was left of the runs counts as free from here on.
    pub fn clear_marks(&mut self) {
        for &page in self.used.iter().chain(&self.large) {
            // SAFETY: pages in the lists are initialised.
            unsafe { (*page).marks = [0; MARK_WORDS] };
        }
        self.runs = [Run::EMPTY; CLASSES];
        for source in &mut self.sources {
            source.page = null_mut();
            source.pages.clear();
        }
        self.unreaped.clear();
    }

    /// From now on until the census all that is allocated is marked: it outlives the marking that has begun. A run is a whole new page
    /// meanwhile, as [`Pages::clear_marks`] has emptied the sources.
    pub fn mark_new(&mut self) {
        self.marks_new = true;
    }

    /// What is left of the runs was marked, but never became an object.
    fn unmark_rest(&mut self) {
        for (class, run) in self.runs.iter_mut().enumerate() {
            let mut slot = run.cursor;
            while slot != run.end {
                // SAFETY: free slots of a page.
                unsafe { unmark(slot) };
                slot = slot.wrapping_byte_add(slot_size(class));
            }
            *run = Run::EMPTY;
        }
        // They were the runs' only.
        for source in &mut self.sources {
            source.page = null_mut();
        }
    }

    /// After marking: what is not marked is free from now on.
    pub fn census(&mut self, reaper: &mut Reaper) -> Census {
        if std::mem::take(&mut self.marks_new) {
            self.unmark_rest();
        }
        let mut census = Census::default();
        self.sweep_large(reaper, &mut census);
        let mut kept = 0;
        for i in 0..self.used.len() {
            let page = self.used[i];
            // SAFETY: used pages are initialised, and nothing else refers to their heads now.
            let head = unsafe { &mut *page };
            head.live = head.marks.iter().map(|word| word.count_ones()).sum();
            census.objects += head.live as usize;
            census.bytes += head.live as usize * head.slot_size;
            let free = head.capacity - head.live;
            head.reaped = !head.has_drop || free == 0;
            if head.live == 0 && !head.has_drop {
                // SAFETY: nothing in it is alive, and it leaves the list.
                unsafe { super::poison(page.cast(), PAGE_SIZE) };
                self.free.push(page);
                continue;
            }
            if !head.reaped {
                self.unreaped.push(page);
            }
            if head.live > 0 && free >= head.capacity.div_ceil(MIN_FREE_PART) {
                self.sources[head.class as usize].pages.push(page);
            }
            head.index = kept as u32;
            self.used[kept] = page;
            kept += 1;
        }
        self.used.truncate(kept);
        for source in &mut self.sources {
            source.pages.reverse();
        }
        census
    }

    fn sweep_large(&mut self, reaper: &mut Reaper, census: &mut Census) {
        self.large.retain(|&page| {
            // SAFETY: each is an initialised allocation with one object; what is dead is referred to by nobody.
            unsafe {
                let object = page.byte_add(FIRST_SLOT).cast();
                let bytes = (*page).slot_size;
                if is_marked(object) {
                    census.objects += 1;
                    census.bytes += FIRST_SLOT + bytes;
                    return true;
                }
                if (*page).has_drop {
                    reaper.reap(object);
                }
                super::poison(page.cast(), FIRST_SLOT + bytes);
                release(page.cast(), FIRST_SLOT + bytes);
                false
            }
        });
    }

    /// How many pages wait to be reaped.
    pub fn unreaped(&self) -> usize {
        self.unreaped.len()
    }

    /// Reaps one page; false if none waits.
    pub fn reap_next(&mut self, reaper: &mut Reaper) -> bool {
        let Some(page) = self.unreaped.pop() else { return false };
        self.reap(page, reaper);
        // SAFETY: `page` is a used page. Pages without a live object are in no source, so no run is handed out of them.
        unsafe {
            if (*page).live == 0 {
                let index = (*page).index as usize;
                self.used.swap_remove(index);
                if let Some(&moved) = self.used.get(index) {
                    (*moved).index = index as u32;
                }
                super::poison(page.cast(), PAGE_SIZE);
                self.free.push(page);
            }
        }
        true
    }

    /// Reaps the dead objects of a page if that was not done since the census.
    fn reap(&mut self, page: *mut Page, reaper: &mut Reaper) {
        // SAFETY: `page` is a used page; unmarked slots of kind 0 are free, the others dead, as no run of
        // a page is handed out before it is reaped.
        unsafe {
            if (*page).reaped {
                return;
            }
            (*page).reaped = true;
            for slot in Page::slots(page) {
                if !is_marked(slot) && (*slot).kind != 0 {
                    reaper.reap(slot);
                    super::poison(slot.cast(), (*page).slot_size);
                    slot.cast::<u64>().write(0);
                }
            }
        }
    }

    /// Gives chunks without a used page back to the system, but keeps free pages for so many bytes.
    pub fn return_chunks(&mut self, keep_bytes: usize) {
        let keep = keep_bytes / PAGE_SIZE;
        if self.free.len() <= keep + CHUNK_PAGES.start() {
            return;
        }
        let mut surplus = self.free.len() - keep;
        self.free.sort_unstable();
        let mut free = std::mem::take(&mut self.free);
        self.chunks.retain(|chunk| {
            let start = free.partition_point(|&page| page.addr() < chunk.start.addr());
            let end = free.partition_point(|&page| page.addr() < chunk.start.addr() + chunk.bytes());
            if surplus < chunk.pages || end - start < chunk.pages {
                return true;
            }
            surplus -= chunk.pages;
            free.drain(start..end);
            // SAFETY: all pages of the chunk are free, and no list knows them any more.
            unsafe { release(chunk.start, chunk.bytes()) };
            false
        });
        // Low addresses are used first.
        free.reverse();
        self.free = free;
    }

    /// Overwrites every free slot, so that whoever still refers to one is found out. Only right after a collection.
    #[cfg(any(feature = "verify", test))]
    pub fn poison_free_slots(&mut self, reaper: &mut Reaper) {
        while self.reap_next(reaper) {}
        for &page in &self.used {
            // SAFETY: unmarked slots are free after a collection, and no runs have been handed out.
            unsafe {
                if !std::mem::replace(&mut (*page).touched, false) {
                    continue;
                }
                for slot in Page::slots(page).filter(|&slot| !is_marked(slot)) {
                    super::poison(slot.cast(), (*page).slot_size);
                    if (*page).has_drop {
                        (*slot).kind = 0;
                    }
                }
            }
        }
    }

    /// Frees everything; objects with drop are reaped.
    pub fn release_all(&mut self, reaper: &mut Reaper) {
        for &page in &self.used {
            // SAFETY: in a page with drop the kind tells objects and free slots apart, whether marked or not.
            unsafe {
                if (*page).has_drop {
                    for slot in Page::slots(page) {
                        if (*slot).kind != 0 {
                            reaper.reap(slot);
                        }
                    }
                }
            }
        }
        for page in self.large.drain(..) {
            // SAFETY: as allocated by `new_large`.
            unsafe {
                if (*page).has_drop {
                    reaper.reap(page.byte_add(FIRST_SLOT).cast());
                }
                release(page.cast(), FIRST_SLOT + (*page).slot_size);
            }
        }
        self.used.clear();
        self.free.clear();
        for chunk in self.chunks.drain(..) {
            // SAFETY: as allocated by `new_chunk`; nothing uses the pages any more.
            unsafe { release(chunk.start, chunk.bytes()) };
        }
    }
}

/// The next run of unmarked slots from `from` on, as slot numbers.
///
/// # Safety
/// `page` is a used page.
unsafe fn find_run(page: *mut Page, from: u32) -> Option<(u32, u32)> {
    // SAFETY: given.
    let (capacity, size, marks) = unsafe { ((*page).capacity, (*page).slot_size, &(*page).marks) };
    let is_marked = |slot: u32| {
        let granule = (FIRST_SLOT + slot as usize * size) / GRANULE;
        marks[granule / 64] >> (granule % 64) & 1 != 0
    };
    let start = (from..capacity).find(|&slot| !is_marked(slot))?;
    let end = (start + 1..capacity).find(|&slot| is_marked(slot)).unwrap_or(capacity);
    Some((start, end))
}

fn layout(bytes: usize) -> Layout {
    // Sizes come from `Str::len` and the like, 4 GiB at most, which is far below the limit of a layout.
    Layout::from_size_align(bytes, PAGE_SIZE).unwrap_or(Layout::new::<Page>())
}

/// Asks the system to back a chunk by pages of the usual size: objects fill it bit by bit, and with huge pages a program that
/// parks a million tasks took a fifth more memory. Buffers of lists and texts keep what the allocator gives them.
fn use_small_pages(start: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        // SAFETY: a chunk is whole pages of memory that is ours. It is advice only, so an error changes nothing.
        let _ = unsafe { madvise(start.cast(), bytes, Advice::LinuxNoHugepage) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
}

fn allocate(bytes: usize) -> *mut u8 {
    let layout = layout(bytes);
    assert!(layout.size() == bytes, "an object of {bytes} bytes");
    // SAFETY: the layout is not empty.
    let pointer = unsafe { alloc(layout) };
    if pointer.is_null() {
        handle_alloc_error(layout)
    }
    pointer
}

/// # Safety
/// `pointer` comes from [`allocate`] with the same size.
unsafe fn release(pointer: *mut u8, bytes: usize) {
    // SAFETY: given.
    unsafe { dealloc(pointer, layout(bytes)) }
}
