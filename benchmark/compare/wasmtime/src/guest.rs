//! The guest: compiled once, its exports looked up once.

use wasmtime::{
    AsContextMut, Engine, Instance, InstancePre, Linker, Memory, Module, ModuleExport, Result, TypedFunc, format_err,
};

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub first_page: i32,
    pub dirty_pages: i32,
    pub stride: i32,
    pub resident_pages: i32,
}

/// `run` of guest-module.ts.
pub type Run = TypedFunc<(i32, i32, i32, i32), i32>;

pub struct Guest {
    prepared: InstancePre<()>,
    memory: ModuleExport,
    run: ModuleExport,
}

impl Guest {
    pub fn compile(engine: &Engine, binary: &[u8]) -> Result<Self> {
        let module = Module::from_binary(engine, binary)?;
        let export = |name: &str| {
            module.get_export_index(name).ok_or_else(|| format_err!("the guest exports nothing named '{name}'"))
        };
        let (memory, run) = (export("memory")?, export("run")?);
        Ok(Self { prepared: Linker::new(engine).instantiate_pre(&module)?, memory, run })
    }

    pub fn instantiate(&self, store: impl AsContextMut<Data = ()>) -> Result<Instance> {
        self.prepared.instantiate(store)
    }

    pub fn run_of(&self, instance: &Instance, mut store: impl AsContextMut<Data = ()>) -> Result<Run> {
        let export = instance.get_module_export(&mut store, &self.run);
        export.and_then(|export| export.into_func()).ok_or_else(|| format_err!("'run' is no function"))?.typed(&store)
    }

    pub fn memory_of(&self, instance: &Instance, store: impl AsContextMut<Data = ()>) -> Result<Memory> {
        let export = instance.get_module_export(store, &self.memory);
        export.and_then(|export| export.into_memory()).ok_or_else(|| format_err!("'memory' is no memory"))
    }
}

impl Call {
    pub fn of(self, run: &Run, store: impl AsContextMut<Data = ()>) -> Result<i32> {
        run.call(store, (self.first_page, self.dirty_pages, self.stride, self.resident_pages))
    }
}
